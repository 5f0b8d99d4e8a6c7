import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import {
  insertCustomers,
  lockProfiles,
  updateProfiles,
  type LockedProfile,
} from '../db/customer-profiles.ts'
import { insertEvents, type NewEvent } from '../db/event-log.ts'
import { insertBlockedAddresses, type NewBlockedAddress } from '../db/blocked-addresses.ts'
import {
  countIdentities,
  findIdentities,
  insertIdentities,
  type FoundIdentity,
  type IdentityKey,
} from '../db/identities.ts'
import { findDeviceOwners, listDevices, tellNoDevice, writeDevices } from '../db/devices.ts'
import { followAddresses } from '../db/audience-addresses.ts'
import { insertPendingLinks } from '../db/pending-links.ts'
import type { Database } from '../db/schema.ts'
import { IDENTITY_TAKEN, writeJudgedTraits, type JudgedTraits } from '../db/trait-findings.ts'
import { isKnownAnew } from '../domain/channels/audience-sync.ts'
import { blockedBy } from '../domain/contact/blocked-address.ts'
import type { CaseSettings } from '../domain/cases/case-rules.ts'
import type { IdentitySettings } from '../domain/customers/identity-rules.ts'
import type { TraitFinding } from '../domain/customers/clean-traits.ts'
import { hearEvent } from '../domain/customers/hear-event.ts'
import { DeviceBook, deviceToken, isAboutDevices } from '../domain/customers/device-book.ts'
import { invariant } from '../domain/errors.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { CompiledPlan } from '../domain/tracking/compile-tracking-plan.ts'
import { startCaseHearing, type CaseHearing } from './hear-cases.ts'
import { touchpointOf } from '../domain/touchpoints/touchpoint.ts'
import { findErased, type Naming } from './erased-names.ts'
import type { Accepted, ArrivedEvent } from './incoming-event.ts'
import { occurredAtMs, readEvent } from './read-event.ts'
import {
  countKey,
  createIdentityResolver,
  identityKeys,
  isLimited,
  keyText,
  type IdentityConflict,
} from './resolve-identities.ts'

/** In the same instant somebody else attached an identity of this group, stored a message id of it, or merged a customer. */
export class GroupOvertakenError extends Error {
  override readonly name = 'GroupOvertakenError'
}

/** The rules by which events are stored. */
export interface FreshRules {
  readonly book: RuleBook
  readonly identity: IdentitySettings
  readonly plan: CompiledPlan
  readonly cases: CaseSettings
  readonly naming: Naming
}

export interface WrittenEvent {
  readonly answer: Omit<Accepted, 'duplicate'>
  /** What was held against what it said of the customer. */
  readonly findings: readonly TraitFinding[]
}

/**
 * Stores events that are new: gives each to its customer, and has what it says take effect.
 *
 * @throws {GroupOvertakenError} nothing is to be kept of `trx`; the group can be tried again.
 */
export async function writeFreshEvents(
  trx: Transaction<Database>,
  { book, identity, plan, cases, naming }: FreshRules,
  events: readonly ArrivedEvent[],
): Promise<WrittenEvent[]> {
  const keys = new Map(
    events
      .flatMap((event) => identityKeys(event, identity))
      .map((key) => [keyText(key), key] as const),
  )
  const found = await findIdentities(trx, [...keys.values()])
  const foundIds = [...new Set(found.map(({ customerId }) => customerId))]
  const tokens = deviceTokens(events)
  // Who has one of these devices may lose it: locked with the others, in one order.
  const owners = tokens.length === 0 ? [] : await findDeviceOwners(trx, tokens)
  const lockedIds = [...new Set([...foundIds, ...owners])]
  // Before it is decided whose the events are: what that rests on must not change any more.
  const held = lockedIds.length === 0 ? [] : await lockProfiles(trx, lockedIds)
  if (held.some(({ mergedInto }) => mergedInto !== null))
    throw new GroupOvertakenError('A customer was merged')
  const { resolve, news } = createIdentityResolver(found, randomUUID, {
    ...identity,
    attached: await countAttached(trx, foundIds, { keys, found, identity }),
  })
  const resolved = events.map((event) => ({
    event,
    customerId: resolve(event, event.arrivedAtMs),
  }))

  const profiles = new Map(
    [...held, ...news.customers.map(({ customerId }) => newcomer(customerId))].map(
      (profile) => [profile.customerId, profile] as const,
    ),
  )

  const hearing = await startCaseHearing(trx, cases, resolved)
  const devices = events.some((event) => isAboutDevices(readEvent(event)))
    ? new DeviceBook(await listDevices(trx, tokens, lockedIds))
    : null
  const robbed = new Set<string>()
  const changed = new Set<string>()
  const blocked: NewBlockedAddress[] = []
  const judged: JudgedTraits[] = []
  const rows = resolved.map(({ event, customerId }) => {
    const before = profiles.get(customerId)
    if (before === undefined) throw new GroupOvertakenError('A customer was erased')
    if (before.isErasing) throw new GroupOvertakenError('A customer is being erased')
    const { row, after, said, from } = judge(event, before, {
      book,
      identity,
      plan,
      devices,
      hearing,
    })
    if (from !== null) robbed.add(from)
    if (
      after.origins !== before.origins ||
      after.known !== before.known ||
      after.zone !== before.zone
    )
      changed.add(customerId)
    profiles.set(customerId, after)
    blocked.push(...blockedWith(row, after, book))
    judged.push(said)
    return row
  })

  if (news.customers.length > 0) await insertCustomers(trx, news.customers)
  if (news.identities.length > 0) {
    const attached = await insertIdentities(trx, news.identities)
    if (attached < news.identities.length) throw new GroupOvertakenError('An identity was taken')
  }
  if (changed.size > 0)
    await updateProfiles(
      trx,
      [...changed].map((id) => profiles.get(id)).filter((profile) => profile !== undefined),
    )
  const moved = held.filter(({ customerId, traits }) => {
    const after = profiles.get(customerId)
    return after !== undefined && isKnownAnew(traits, after.traits)
  })
  await followAddresses(
    trx,
    moved.map(({ customerId }) => customerId),
  )
  const written = devices?.changes() ?? []
  if ((await writeDevices(trx, written)) < written.length)
    throw new GroupOvertakenError('A device was taken')
  await tellRobbed(trx, { robbed, devices, profiles, events })
  if (news.links.length > 0) await insertPendingLinks(trx, news.links)
  await writeJudgedTraits(trx, [...judged, ...news.conflicts.map(conflictFinding)])
  await insertBlockedAddresses(trx, blocked)
  // Who was erased since this began must not come back by it.
  if ((await findErased(trx, naming, events)).size > 0)
    throw new GroupOvertakenError('A person was erased')
  await hearing.write(trx)
  const seqs = await insertEvents(trx, rows)
  if (seqs.size < rows.length) throw new GroupOvertakenError('A message id was taken')
  return rows.map(({ messageId, customerId, status }, index) => {
    const seq = seqs.get(messageId)
    invariant(seq !== undefined, 'the log answers with the ids it was given')
    const findings = judged[index]?.findings ?? []
    return { answer: { messageId, customerId, seq, status }, findings }
  })
}

/**
 * How many ids of each kind these customers have: asked where a new id may be one too many. The caller
 * holds their locks, or another process could attach one more in the meantime.
 */
async function countAttached(
  trx: Transaction<Database>,
  customerIds: readonly string[],
  {
    keys,
    found,
    identity,
  }: {
    readonly keys: ReadonlyMap<string, IdentityKey>
    readonly found: readonly FoundIdentity[]
    readonly identity: IdentitySettings
  },
): Promise<ReadonlyMap<string, number>> {
  const seen = new Set(found.map(keyText))
  const mayBeTooMany = [...keys].some(
    ([text, { kind }]) => !seen.has(text) && isLimited(identity, kind),
  )
  if (customerIds.length === 0 || !mayBeTooMany) return new Map()
  const counts = await countIdentities(trx, customerIds)
  return new Map(counts.map((each) => [countKey(each.customerId, each.kind), each.count]))
}

/** Shown with what else is wrong with the customer's data. */
const conflictFinding = ({ customerId, kind, problem, atMs }: IdentityConflict): JudgedTraits => ({
  customerId,
  findings: [
    {
      trait: kind,
      problem: problem === 'taken' ? IDENTITY_TAKEN : 'identity_too_many',
      kind: 'flagged',
      value: null,
      suggestion: null,
    },
  ],
  settled: [],
  source: 'identity',
  atMs,
})

const deviceTokens = (events: readonly ArrivedEvent[]): string[] => [
  ...new Set(
    events.map((event) => deviceToken(readEvent(event))).filter((token) => token !== null),
  ),
]

/** Whoever has no device left is told so; one of whom no actor has heard is told with all the rest. */
async function tellRobbed(
  trx: Transaction<Database>,
  {
    robbed,
    devices,
    profiles,
    events,
  }: {
    readonly robbed: ReadonlySet<string>
    readonly devices: DeviceBook | null
    readonly profiles: ReadonlyMap<string, LockedProfile>
    readonly events: readonly ArrivedEvent[]
  },
): Promise<void> {
  const [first] = events
  for (const customerId of robbed) {
    const profile = profiles.get(customerId)
    if (profile === undefined) throw new GroupOvertakenError('A device was taken')
    if (first === undefined || profile.unheard || profile.isErasing) continue
    if (devices?.has(customerId) === true) continue
    const { messageId: by, arrivedAtMs: nowMs } = first
    await tellNoDevice(trx, { by, customerId, nowMs })
  }
}

/** In force with the event: an address that bounced is not written to once more. */
function blockedWith(
  { name, properties, occurredAtMs: atMs, receivedAtMs, ...row }: NewEvent,
  profile: LockedProfile,
  { contact }: RuleBook,
): NewBlockedAddress[] {
  if (name === null || contact === undefined) return []
  const event = { name, properties, occurredAtMs: atMs, receivedAtMs, ...touchpointOf(row) }
  return blockedBy(contact.exclusions, event, profile).map((each) => ({ ...each, atMs }))
}

const newcomer = (customerId: string): LockedProfile => ({
  customerId,
  traits: {},
  origins: {},
  known: false,
  zone: 'UTC',
  clockOffsetMs: 0,
  unheard: true,
  mergedInto: null,
  isErasing: false,
  hasDevice: false,
})

/** The row of one event, the customer's profile after it, and what was wrong with what it said. */
function judge(
  event: ArrivedEvent,
  before: LockedProfile,
  {
    book,
    identity,
    plan,
    devices,
    hearing,
  }: Pick<FreshRules, 'book' | 'identity' | 'plan'> & {
    readonly devices: DeviceBook | null
    readonly hearing: CaseHearing
  },
): {
  row: NewEvent
  after: LockedProfile
  said: JudgedTraits
  /** Who had the device that it is from. */
  from: string | null
} {
  const { name, properties, traits, context, said, deviceZone, source, touchpoint } =
    readEvent(event)
  const receivedAtMs = event.arrivedAtMs + before.clockOffsetMs
  const atMs = occurredAtMs(event, receivedAtMs)
  const { customerId } = before
  const from = devices?.hear(customerId, { name, context }, atMs) ?? null
  const ofCase = hearing.hear(
    { type: event.type, messageId: event.messageId, name, properties, source },
    { customerId, occurredAtMs: atMs },
  )
  const spoken = {
    hasDevice: devices?.has(before.customerId),
    name,
    said,
    source,
    occurredAtMs: atMs,
    deviceZone,
    namesUser: event.userId !== undefined,
    defaultRegion: identity.defaultRegion,
    judgeTrait: plan.judgeTrait,
    reckoned: ofCase?.traits,
    touchpoint,
  }
  const { passes, facts, after, judged } = hearEvent(before, spoken, book, identity.traits)
  const row: NewEvent = {
    messageId: event.messageId,
    customerId: before.customerId,
    type: event.type,
    name,
    properties: { ...properties, ...ofCase?.properties },
    traits,
    context,
    ...touchpoint,
    payload: null,
    facts,
    historical: event.historical,
    occurredAtMs: atMs,
    receivedAtMs,
    status: passes ? 'pending' : 'filtered',
  }
  return { row, after, said: { ...judged, customerId, source, atMs }, from }
}

import { randomUUID } from 'node:crypto'
import type { Transaction } from 'kysely'
import {
  insertCustomers,
  lockProfiles,
  updateProfiles,
  type LockedProfile,
} from '../db/customer-profiles.ts'
import { findStoredEvents, insertEvents, type NewEvent } from '../db/event-log.ts'
import { insertBlockedAddresses, type NewBlockedAddress } from '../db/blocked-addresses.ts'
import {
  countIdentities,
  findIdentities,
  insertIdentities,
  type FoundIdentity,
  type IdentityKey,
} from '../db/identities.ts'
import { insertPendingLinks } from '../db/pending-links.ts'
import { countDropped, findTombstones, tombstoneOf } from '../db/tombstones.ts'
import type { Database } from '../db/schema.ts'
import { writeJudgedTraits, type JudgedTraits } from '../db/trait-findings.ts'
import { blockedBy } from '../domain/contact/blocked-address.ts'
import type { IdentitySettings } from '../domain/customers/identity-rules.ts'
import { hearEvent } from '../domain/customers/hear-event.ts'
import { invariant } from '../domain/errors.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { namesIn } from './erased-names.ts'
import type { Accepted, IncomingEvent } from './incoming-event.ts'
import type { PublishedRules } from './published-rules.ts'
import { occurredAtMs, readEvent } from './read-event.ts'
import {
  countKey,
  createIdentityResolver,
  identityKeys,
  isLimited,
  keyText,
  type IdentityConflict,
} from './resolve-identities.ts'

/** An event and when it reached this process. */
export interface ArrivedEvent extends IncomingEvent {
  readonly arrivedAtMs: number
}

/** In the same instant somebody else attached an identity of this group, stored a message id of it, or merged a customer. */
export class GroupOvertakenError extends Error {
  override readonly name = 'GroupOvertakenError'
}

/**
 * Stores a group of events: a constant number of statements, however many events it holds.
 *
 * Locks are taken in this order by everybody who appends to the log: rule book (shared), customers
 * by id, identities by key, addresses, message ids. Only the last can meet another process the wrong way round;
 * that one is sent back by the database and tried again.
 *
 * @throws {GroupOvertakenError} nothing is to be kept of `trx`; the group can be tried again.
 */
export async function writeEventGroup(
  trx: Transaction<Database>,
  { rules, tombstoneSecret }: GroupDeps,
  events: readonly ArrivedEvent[],
): Promise<Accepted[]> {
  const { book, identity } = await rules.lockRules(trx)
  const naming = { secret: tombstoneSecret, defaultRegion: identity.defaultRegion }
  const erased = await findErased(trx, naming, events)
  if (erased.size > 0) await countDropped(trx, erased.size, new Date(events[0]?.arrivedAtMs ?? 0))
  const messageIds = [...new Set(events.map((event) => event.messageId))]
  const answers = new Map<string, Omit<Accepted, 'duplicate'>>()
  for (const stored of await findStoredEvents(trx, messageIds))
    answers.set(stored.messageId, stored)

  const fresh = new Map<string, ArrivedEvent>()
  for (const event of events)
    if (!erased.has(event) && !answers.has(event.messageId) && !fresh.has(event.messageId))
      fresh.set(event.messageId, event)
  if (fresh.size > 0)
    for (const answer of await writeFresh(trx, { book, identity, naming }, [...fresh.values()]))
      answers.set(answer.messageId, answer)

  return events.map((event) => {
    if (erased.has(event)) return droppedAnswer(event)
    const answer = answers.get(event.messageId)
    invariant(answer !== undefined, 'every event of a group is stored')
    return { ...answer, duplicate: fresh.get(event.messageId) !== event }
  })
}

export interface GroupDeps {
  readonly rules: PublishedRules
  /** What names of people who were erased are told by. Undefined: nobody was. */
  readonly tombstoneSecret: string | undefined
}

/** By what names of people who were erased are told. */
interface Naming {
  readonly secret: string | undefined
  readonly defaultRegion: IdentitySettings['defaultRegion']
}

/** Which events are about somebody who was erased, by any of the names in them. */
async function findErased(
  trx: Transaction<Database>,
  { secret, defaultRegion }: Naming,
  events: readonly ArrivedEvent[],
): Promise<Set<ArrivedEvent>> {
  if (secret === undefined) return new Set()
  const hashes = new Map(
    events.map((event) => [
      event,
      namesIn(event, defaultRegion).map((name) => tombstoneOf(secret, name)),
    ]),
  )
  const stones = await findTombstones(trx, [...new Set([...hashes.values()].flat())])
  return new Set(events.filter((event) => hashes.get(event)?.some((hash) => stones.has(hash))))
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
    { trait: kind, problem: `identity_${problem}`, kind: 'flagged', value: null, suggestion: null },
  ],
  settled: [],
  source: 'identity',
  atMs,
})

const droppedAnswer = ({ messageId }: ArrivedEvent): Accepted => ({
  messageId,
  customerId: '',
  seq: 0,
  status: 'dropped',
  duplicate: false,
})

async function writeFresh(
  trx: Transaction<Database>,
  {
    book,
    identity,
    naming,
  }: {
    readonly book: RuleBook
    readonly identity: IdentitySettings
    readonly naming: Naming
  },
  events: readonly ArrivedEvent[],
): Promise<Omit<Accepted, 'duplicate'>[]> {
  const keys = new Map(
    events
      .flatMap((event) => identityKeys(event, identity))
      .map((key) => [keyText(key), key] as const),
  )
  const found = await findIdentities(trx, [...keys.values()])
  const foundIds = [...new Set(found.map(({ customerId }) => customerId))]
  // Before it is decided whose the events are: what that rests on must not change any more.
  const held = foundIds.length === 0 ? [] : await lockProfiles(trx, foundIds)
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

  const changed = new Set<string>()
  const blocked: NewBlockedAddress[] = []
  const judged: JudgedTraits[] = []
  const rows = resolved.map(({ event, customerId }) => {
    const before = profiles.get(customerId)
    if (before === undefined) throw new GroupOvertakenError('A customer was erased')
    if (before.isErasing) throw new GroupOvertakenError('A customer is being erased')
    const { row, after, said } = judge(event, before, { book, identity })
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
  if (news.links.length > 0) await insertPendingLinks(trx, news.links)
  await writeJudgedTraits(trx, [...judged, ...news.conflicts.map(conflictFinding)])
  await insertBlockedAddresses(trx, blocked)
  // Who was erased since this began must not come back by it.
  if ((await findErased(trx, naming, events)).size > 0)
    throw new GroupOvertakenError('A person was erased')
  const seqs = await insertEvents(trx, rows)
  if (seqs.size < rows.length) throw new GroupOvertakenError('A message id was taken')
  return rows.map(({ messageId, customerId, status }) => {
    const seq = seqs.get(messageId)
    invariant(seq !== undefined, 'the log answers with the ids it was given')
    return { messageId, customerId, seq, status }
  })
}

/** In force with the event: an address that bounced is not written to once more. */
function blockedWith(
  { name, properties, occurredAtMs: atMs, receivedAtMs }: NewEvent,
  profile: LockedProfile,
  { contact }: RuleBook,
): NewBlockedAddress[] {
  if (name === null || contact === undefined) return []
  const event = { name, properties, occurredAtMs: atMs, receivedAtMs }
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
})

/** The row of one event, the customer's profile after it, and what was wrong with what it said. */
function judge(
  event: ArrivedEvent,
  before: LockedProfile,
  { book, identity }: { readonly book: RuleBook; readonly identity: IdentitySettings },
): { row: NewEvent; after: LockedProfile; said: JudgedTraits } {
  const { name, properties, traits, context, said, deviceZone, source } = readEvent(event)
  const receivedAtMs = event.arrivedAtMs + before.clockOffsetMs
  const atMs = occurredAtMs(event, receivedAtMs)
  const spoken = {
    name,
    said,
    source,
    occurredAtMs: atMs,
    deviceZone,
    namesUser: event.userId !== undefined,
    defaultRegion: identity.defaultRegion,
  }
  const { passes, facts, after, judged } = hearEvent(before, spoken, book, identity.traits)
  const row: NewEvent = {
    messageId: event.messageId,
    customerId: before.customerId,
    type: event.type,
    name,
    properties,
    traits,
    context,
    payload: null,
    facts,
    historical: event.historical,
    occurredAtMs: atMs,
    receivedAtMs,
    status: passes ? 'pending' : 'filtered',
  }
  const { customerId } = before
  return { row, after, said: { ...judged, customerId, source, atMs } }
}

import type { FoundIdentity, IdentityKey } from '../db/identities.ts'
import type { PendingLink } from '../db/pending-links.ts'
import {
  ANY_NUMBER,
  DEFAULT_IDENTITY,
  type IdentitySettings,
} from '../domain/customers/identity-rules.ts'
import { own } from '../domain/own.ts'
import { addressNames, externalNames } from './event-names.ts'
import type { IncomingEvent } from './incoming-event.ts'

/** What identities of which kinds may do. */
type KindSettings = Pick<IdentitySettings, 'kinds' | 'defaultRegion'>

/** What resolving a group of events has brought up, to be written. */
export interface NewIdentities {
  readonly customers: { customerId: string; atMs: number }[]
  readonly identities: (IdentityKey & { customerId: string; atMs: number })[]
  readonly links: PendingLink[]
  /** Ids that say nothing, and why. */
  readonly conflicts: IdentityConflict[]
}

/** An id that was not attached. `taken`: it leads to somebody else. `too_many`: the customer has as many of its kind as one may. */
export interface IdentityConflict {
  readonly customerId: string
  readonly kind: string
  readonly problem: 'taken' | 'too_many'
  readonly atMs: number
}

/** Every identity that the event names, to be looked up in advance. */
export function identityKeys(
  event: IncomingEvent,
  settings: KindSettings = DEFAULT_IDENTITY,
): IdentityKey[] {
  return [...callerKeys(event), ...furtherKeys(event, settings)]
}

/**
 * Resolves the events of a group one after the other, each on what the ones before it brought.
 *
 * The customer is that of the user id, else of the alias's previous id, else of the anonymous id, else of an
 * own id whose kind merges, else a new one. An id not seen before is attached to that customer, as far as its
 * kind allows; one that leads to another customer is a pending link where its kind merges, and else says
 * nothing. A new user id that comes with an id of somebody who has one already is somebody else. `resolve` answers the customer's id. A test customer is never linked with a real one.
 *
 * @param attached how many ids of each kind customers have, by `countKey`
 */
export function createIdentityResolver(
  found: readonly FoundIdentity[],
  newCustomerId: () => string,
  { attached, ...settings }: KindSettings & { readonly attached: ReadonlyMap<string, number> } = {
    ...DEFAULT_IDENTITY,
    attached: new Map(),
  },
): { resolve: (event: IncomingEvent, atMs: number) => string; news: NewIdentities } {
  const customerOf = new Map(found.map((row) => [keyText(row), row.customerId]))
  const isTest = new Map(found.map((row) => [row.customerId, row.test]))
  const { kinds } = settings
  const counts = new Map(attached)
  const news: NewIdentities = { customers: [], identities: [], links: [], conflicts: [] }

  const create = (atMs: number): string => {
    const customerId = newCustomerId()
    news.customers.push({ customerId, atMs })
    return customerId
  }
  const attach = (key: IdentityKey, customerId: string, atMs: number): void => {
    const place = countKey(customerId, key.kind)
    counts.set(place, (counts.get(place) ?? 0) + 1)
    customerOf.set(keyText(key), customerId)
    news.identities.push({ ...key, customerId, atMs })
  }
  const link = (customerId: string, other: string, cause: string, atMs: number): void => {
    if (other === customerId) return
    if ((isTest.get(customerId) ?? false) !== (isTest.get(other) ?? false)) return
    news.links.push({ customerId, otherCustomerId: other, cause, atMs })
  }
  const mayHaveMore = (customerId: string, kind: string): boolean =>
    (counts.get(countKey(customerId, kind)) ?? 0) < (own(kinds, kind)?.perCustomer ?? 0)

  /** A new user id on the device of somebody who has as many as one may: only an alias says that they are one. */
  const isSomebodyElse = (
    event: IncomingEvent,
    customerId: string,
    seen: (key: IdentityKey) => string | undefined,
  ): boolean => {
    const user = userKey(event)
    if (user === undefined || event.type === 'alias' || seen(user) !== undefined) return false
    return !mayHaveMore(customerId, 'user')
  }

  const resolve = (event: IncomingEvent, atMs: number): string => {
    const seen = (key: IdentityKey): string | undefined => customerOf.get(keyText(key))
    const further = furtherKeys(event, settings)
    const merging = further.filter(({ kind }) => own(kinds, kind)?.merges === true)
    const known = [...callerKeys(event), ...merging].map(seen).find((id) => id !== undefined)
    const customerId =
      known === undefined || isSomebodyElse(event, known, seen) ? create(atMs) : known
    const previous = previousKeys(event)
    // Nobody can tell which kind an unseen previous id is: it will lead here as either.
    const unseenPrevious = previous.every((key) => seen(key) === undefined) ? previous : []
    for (const key of [userKey(event), ...unseenPrevious])
      if (key !== undefined && seen(key) === undefined) attach(key, customerId, atMs)
    const device = anonymousKey(event)
    for (const key of device === undefined ? further : [device, ...further]) {
      const { kind } = key
      const other = seen(key)
      if (other === undefined) {
        if (mayHaveMore(customerId, kind)) attach(key, customerId, atMs)
        else news.conflicts.push({ customerId, kind, problem: 'too_many', atMs })
      } else if (other !== customerId && key !== device && !merging.includes(key))
        news.conflicts.push({ customerId, kind, problem: 'taken', atMs })
    }
    for (const key of [...callerKeys(event), ...merging]) {
      const other = seen(key)
      if (other !== undefined) link(customerId, other, event.type, atMs)
    }
    return customerId
  }
  return { resolve, news }
}

/** Whether an id that was not seen before may be one too many for a customer. */
export const isLimited = ({ kinds }: Pick<IdentitySettings, 'kinds'>, kind: string): boolean =>
  (own(kinds, kind)?.perCustomer ?? 0) < ANY_NUMBER

/** Where the number of a customer's ids of a kind stands. */
export const countKey = (customerId: string, kind: string): string => `${customerId} ${kind}`

/** An identity as a key of maps. */
export const keyText = (key: IdentityKey): string => `${key.kind}:${key.value}`

const callerKeys = (event: IncomingEvent): IdentityKey[] =>
  [userKey(event), ...previousKeys(event), anonymousKey(event)].filter((key) => key !== undefined)

/** Own ids and addresses, of the kinds that the rules name. */
function furtherKeys(event: IncomingEvent, { kinds, defaultRegion }: KindSettings): IdentityKey[] {
  const isNamed = (kind: string): boolean => Object.hasOwn(kinds, kind)
  // Reading addresses costs more than all else here.
  const addresses = isNamed('email') || isNamed('phone') ? addressNames(event, defaultRegion) : []
  const keys = [...externalNames(event, defaultRegion), ...addresses].filter(
    ({ kind }) => kind !== 'user' && kind !== 'anonymous' && isNamed(kind),
  )
  return [...new Map(keys.map((key) => [keyText(key), key])).values()]
}

const userKey = ({ userId }: IncomingEvent): IdentityKey | undefined =>
  userId === undefined ? undefined : { kind: 'user', value: userId }

const anonymousKey = ({ anonymousId }: IncomingEvent): IdentityKey | undefined =>
  anonymousId === undefined ? undefined : { kind: 'anonymous', value: anonymousId }

function previousKeys({ type, previousId }: IncomingEvent): IdentityKey[] {
  if (type !== 'alias' || previousId === undefined) return []
  return [
    { kind: 'user', value: previousId },
    { kind: 'anonymous', value: previousId },
  ]
}

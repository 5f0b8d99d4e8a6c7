import type { FoundIdentity, IdentityKey } from '../db/identities.ts'
import type { PendingLink } from '../db/pending-links.ts'
import type { IncomingEvent } from './incoming-event.ts'

/** What resolving a group of events has brought up, to be written. */
export interface NewIdentities {
  readonly customers: { customerId: string; atMs: number }[]
  readonly identities: (IdentityKey & { customerId: string; atMs: number })[]
  readonly links: PendingLink[]
}

/** Every identity that the event names, to be looked up in advance. */
export function identityKeys(event: IncomingEvent): IdentityKey[] {
  return [userKey(event), ...previousKeys(event), anonymousKey(event)].filter(
    (key) => key !== undefined,
  )
}

/**
 * Resolves the events of a group one after the other, each on what the ones before it brought.
 *
 * The customer is that of the user id, else of the alias's previous id, else of the anonymous id,
 * else a new one. An id not seen before is attached to that customer; one that leads to another
 * customer is a pending link. `resolve` answers the customer's id. A test customer is never linked with a real one.
 */
export function createIdentityResolver(
  found: readonly FoundIdentity[],
  newCustomerId: () => string,
): { resolve: (event: IncomingEvent, atMs: number) => string; news: NewIdentities } {
  const customerOf = new Map(found.map((row) => [keyText(row), row.customerId]))
  const isTest = new Map(found.map((row) => [row.customerId, row.test]))
  const news: NewIdentities = { customers: [], identities: [], links: [] }

  const create = (atMs: number): string => {
    const customerId = newCustomerId()
    news.customers.push({ customerId, atMs })
    return customerId
  }
  const attach = (key: IdentityKey, customerId: string, atMs: number): void => {
    customerOf.set(keyText(key), customerId)
    news.identities.push({ ...key, customerId, atMs })
  }
  const link = (customerId: string, other: string, cause: string, atMs: number): void => {
    if (other === customerId) return
    if ((isTest.get(customerId) ?? false) !== (isTest.get(other) ?? false)) return
    news.links.push({ customerId, otherCustomerId: other, cause, atMs })
  }

  const resolve = (event: IncomingEvent, atMs: number): string => {
    const seen = (key: IdentityKey): string | undefined => customerOf.get(keyText(key))
    const known = identityKeys(event)
      .map(seen)
      .find((id) => id !== undefined)
    const customerId = known ?? create(atMs)
    const previous = previousKeys(event)
    // Nobody can tell which kind an unseen previous id is: it will lead here as either.
    const unseenPrevious = previous.every((key) => seen(key) === undefined) ? previous : []
    for (const key of [userKey(event), ...unseenPrevious, anonymousKey(event)])
      if (key !== undefined && seen(key) === undefined) attach(key, customerId, atMs)
    for (const key of identityKeys(event)) {
      const other = seen(key)
      if (other !== undefined) link(customerId, other, event.type, atMs)
    }
    return customerId
  }
  return { resolve, news }
}

const keyText = (key: IdentityKey): string => `${key.kind}:${key.value}`

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

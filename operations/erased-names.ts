import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from '../db/schema.ts'
import { findTombstones, tombstoneOf, type ErasedName } from '../db/tombstones.ts'
import type { IdentitySettings } from '../domain/customers/identity-rules.ts'
import type { JsonValue } from '../domain/json.ts'
import { addressNames, externalNames, namesOfAddresses } from './event-names.ts'
import type { ArrivedEvent, IncomingEvent } from './incoming-event.ts'
import { identityKeys } from './resolve-identities.ts'

/** Every name under which somebody could come back: our own ids, identities, addresses. */
export async function namesOf(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<ErasedName[]> {
  const all = sql`${[...customerIds]}::text[]`
  const { rows: identities } = await sql<ErasedName>`
    select kind, value from identities where customer_id = any(${all})`.execute(db)
  const { rows: traits } = await sql<{ email: JsonValue; phone: JsonValue }>`
    select traits -> 'email' as email, traits -> 'phone' as phone from customers
    where customer_id = any(${all})`.execute(db)
  const own = customerIds.map((value) => ({ kind: 'customer', value }))
  const names = [...own, ...identities, ...traits.flatMap(namesOfAddresses)]
  return [...new Map(names.map((name) => [`${name.kind}:${name.value}`, name])).values()]
}

/**
 * Every name that an event calls its customer by, also those of kinds that are no identity.
 *
 * @param defaultRegion as where the number was first read, or its tombstone would not be found
 */
export const namesIn = (
  event: IncomingEvent,
  defaultRegion: IdentitySettings['defaultRegion'],
): ErasedName[] => [
  ...identityKeys(event),
  ...externalNames(event, defaultRegion),
  ...addressNames(event, defaultRegion),
]

/** By what names of people who were erased are told. */
export interface Naming {
  readonly secret: string | undefined
  readonly defaultRegion: IdentitySettings['defaultRegion']
}

/** Which events are about somebody who was erased, by any of the names in them. */
export async function findErased(
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

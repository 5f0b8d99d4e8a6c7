import { sql, type Transaction } from 'kysely'
import type { GoldenProfile } from '../domain/customers/golden-record.ts'
import { hasDevice } from './devices.ts'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** What ingest reads and writes of a customer. */
export interface LockedProfile extends GoldenProfile {
  readonly customerId: string
  readonly clockOffsetMs: number
  /** No event of this customer was ever passed on: the first one must say what is known so far. */
  readonly unheard: boolean
  /** Who this customer is by now, where it was merged: nothing is appended to its own log any more. */
  readonly mergedInto: string | null
  /** It is being erased: nothing is kept any more. */
  readonly isErasing: boolean
}

/**
 * The customers' profiles, held against other writers until `trx` ends. Whoever appends to a
 * customer's log holds this lock: so sequence numbers of one customer are committed in their order,
 * and a dispatcher that releases the customer can rely on what it sees (`operations/dispatcher.ts`).
 *
 * Order: by id, as everywhere that locks several customers.
 * Cost: index seeks only; "not exists" would be planned as a table of all pending events.
 */
export async function lockProfiles(
  trx: Transaction<Database>,
  customerIds: readonly string[],
): Promise<LockedProfile[]> {
  const { rows } = await sql<LockedProfile>`
    select c.customer_id as "customerId", c.traits, c.trait_origins as origins, c.known, c.zone,
      c.clock_offset_ms as "clockOffsetMs", c.merged_into as "mergedInto",
      c.erasing_at is not null as "isErasing", ${hasDevice('c.customer_id')} as "hasDevice",
      c.last_batch = 0 and (
        select e.seq from events e
        where e.customer_id = c.customer_id and e.status = 'pending' limit 1
      ) is null as unheard
    from customers c
    where c.customer_id = any(${customerIds}::text[])
    order by c.customer_id
    for no key update of c
  `.execute(trx)
  return rows
}

/** New customers, real ones, not yet known. */
export async function insertCustomers(
  trx: Transaction<Database>,
  customers: readonly { customerId: string; atMs: number }[],
): Promise<void> {
  await sql`
    insert into customers (customer_id, created_at)
    select r."customerId", to_timestamp(r."atMs" / 1000.0)
    from ${jsonRows(customers, '"customerId" text, "atMs" float8')}
  `.execute(trx)
}

/** Writes profiles that changed. The caller holds their locks. */
export async function updateProfiles(
  trx: Transaction<Database>,
  profiles: readonly (GoldenProfile & { customerId: string })[],
): Promise<void> {
  await sql`
    update customers c set traits = r.traits, trait_origins = r.origins,
      known = r.known, zone = r.zone
    from ${jsonRows(profiles, '"customerId" text, traits jsonb, origins jsonb, known boolean, zone text')}
    where c.customer_id = r."customerId"
  `.execute(trx)
}

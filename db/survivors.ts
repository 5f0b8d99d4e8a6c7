import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import { invariant } from '../domain/errors.ts'
import type { Database } from './schema.ts'

/** Merges that may be committed while somebody waits for a customer's row: more is a ring, and a bug. */
const FOLLOWED_MAX = 32

/**
 * Which customer each of these is by now: itself, or the one that it was merged into. One that is
 * not there is missing from the answer.
 */
export async function findSurvivors(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<Map<string, string>> {
  const { rows } = await sql<{ customerId: string; survivor: string }>`
    select customer_id as "customerId", coalesce(merged_into, customer_id) as survivor
    from customers where customer_id = any(${customerIds}::text[])`.execute(db)
  return new Map(rows.map(({ customerId, survivor }) => [customerId, survivor]))
}

/**
 * The same, with the survivors' rows held against other writers until `trx` ends: none of them is
 * merged before that. The rows of customers who were merged are not held.
 *
 * Order: by id. Whom somebody merges while this waits is followed: then that survivor is held too.
 */
export async function lockSurvivors(
  trx: Transaction<Database>,
  customerIds: readonly string[],
): Promise<Map<string, string>> {
  const held = new Set<string>()
  for (let tries = 0; tries < FOLLOWED_MAX; tries++) {
    const survivors = await findSurvivors(trx, customerIds)
    const wanted = [...new Set(survivors.values())].filter((id) => !held.has(id))
    if (wanted.length === 0) return survivors
    await sql`select from customers where customer_id = any(${wanted}::text[])
      order by customer_id for no key update`.execute(trx)
    for (const id of wanted) held.add(id)
  }
  invariant(false, 'whoever a customer was merged into is merged no more than once at a time')
}

/** The ids under which rows about a customer may stand: its own, and of those who were merged into it. */
export const idsOf = (customerId: string): RawBuilder<string[]> => sql`array(
  select ${customerId}::text
  union all select m.customer_id from customers m where m.merged_into = ${customerId})`

/** The customer that this one is by now; as idsOf, to stand in a query. */
export const survivorOf = (customerId: string): RawBuilder<string> => sql`(
  select coalesce(s.merged_into, s.customer_id) from customers s where s.customer_id = ${customerId})`

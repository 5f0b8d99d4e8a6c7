import { sql, type Kysely } from 'kysely'
import type { Database } from './schema.ts'

export interface DatedCustomers {
  /** Those who have one of the traits and were not told yet. */
  readonly customerIds: readonly string[]
  /** The last one looked at; null where no more are left. */
  readonly next: string | null
}

/**
 * Who among the next `limit` customers has one of these traits, whatever it holds, was not merged, and
 * has no row of the log whose message id is `told` with the customer's id behind it.
 *
 * Cost: one page of the primary key, and an index seek for each customer with such a trait.
 */
export async function listDatedCustomers(
  db: Kysely<Database>,
  input: {
    readonly traits: readonly string[]
    readonly told: string
    readonly after: string
    readonly limit: number
  },
): Promise<DatedCustomers> {
  const { traits, told, after, limit } = input
  const { rows } = await sql<{ looked: number; last: string | null; customerIds: string[] }>`
    with page as (
      select customer_id, traits, merged_into from customers
      where customer_id > ${after} order by customer_id limit ${limit}
    )
    select (select count(*) from page) as looked, (select max(customer_id) from page) as last,
      (select coalesce(json_agg(page.customer_id order by page.customer_id), '[]') from page
       where page.merged_into is null and jsonb_exists_any(page.traits, ${traits}::text[]) and (
         select e.seq from events e where e.message_id = ${told}::text || page.customer_id
       ) is null) as "customerIds"
  `.execute(db)
  const { looked = 0, last = null, customerIds = [] } = rows[0] ?? {}
  return { customerIds, next: looked < limit ? null : last }
}

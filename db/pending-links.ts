import { sql, type Transaction } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** Two existing customers who turned out to be one person. `customerId` is the one of the user id. */
export interface PendingLink {
  readonly customerId: string
  readonly otherCustomerId: string
  /** The type of the event that said so. */
  readonly cause: string
  readonly atMs: number
}

/**
 * Keeps the links for the day they are merged; both customers' timelines show them. A pair that is
 * known already, either way round, changes nothing.
 */
export async function insertPendingLinks(
  trx: Transaction<Database>,
  links: readonly PendingLink[],
): Promise<void> {
  await sql`
    insert into pending_links (customer_id, other_customer_id, cause, created_at)
    select r."customerId", r."otherCustomerId", r.cause, to_timestamp(r."atMs" / 1000.0)
    from ${jsonRows(links, '"customerId" text, "otherCustomerId" text, cause text, "atMs" float8')}
    where not exists (
      select from pending_links p
      where p.customer_id = r."otherCustomerId" and p.other_customer_id = r."customerId")
    order by r."customerId", r."otherCustomerId"
    on conflict (customer_id, other_customer_id) do nothing
  `.execute(trx)
}

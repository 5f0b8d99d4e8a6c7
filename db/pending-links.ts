import { sql, type Kysely, type Transaction } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database, LinkStatus } from './schema.ts'
import { idsOf } from './survivors.ts'

/** Two existing customers who turned out to be one person. `customerId` is the one of the user id. */
export interface PendingLink {
  readonly customerId: string
  readonly otherCustomerId: string
  /** The type of the event that said so. */
  readonly cause: string
  readonly atMs: number
}

/** A link as it is kept. */
export interface StoredLink extends Omit<PendingLink, 'atMs'> {
  readonly linkId: number
  readonly status: LinkStatus
}

/**
 * Keeps the links for the merger (`operations/merger.ts`); both customers' timelines show them. A pair
 * that is known already, either way round, changes nothing; but an `alias` says on purpose what was held
 * back before: it is looked at anew.
 */
export async function insertPendingLinks(
  trx: Transaction<Database>,
  links: readonly PendingLink[],
): Promise<void> {
  await sql`
    with said as (
      select * from ${jsonRows(links, '"customerId" text, "otherCustomerId" text, cause text, "atMs" float8')}
    ), again as (
      update pending_links p set status = 'pending', cause = said.cause
      from said
      where said.cause = 'alias' and p.cause <> 'alias' and p.status in ('pending', 'quarantined')
        and (p.customer_id = said."customerId" and p.other_customer_id = said."otherCustomerId"
          or p.customer_id = said."otherCustomerId" and p.other_customer_id = said."customerId")
    )
    insert into pending_links (customer_id, other_customer_id, cause, created_at)
    select said."customerId", said."otherCustomerId", said.cause, to_timestamp(said."atMs" / 1000.0)
    from said
    where not exists (
      select from pending_links p
      where p.customer_id = said."otherCustomerId" and p.other_customer_id = said."customerId")
    order by said."customerId", said."otherCustomerId"
    on conflict (customer_id, other_customer_id) do nothing
  `.execute(trx)
}

/** At most `limit` links that nobody has looked at to an end, after this one, in their order. */
export async function listPendingLinks(
  db: Kysely<Database>,
  { after, limit }: { readonly after: number; readonly limit: number },
): Promise<number[]> {
  const rows = await db
    .selectFrom('pending_links')
    .select('link_id')
    .where('status', '=', 'pending')
    .where('link_id', '>', after)
    .orderBy('link_id')
    .limit(limit)
    .execute()
  return rows.map((row) => row.link_id)
}

/** The link; undefined where there is none (any more). */
export async function findLink(
  db: Kysely<Database>,
  linkId: number,
): Promise<StoredLink | undefined> {
  return selectLink(db, linkId).executeTakeFirst()
}

/** The link, held against other writers until `trx` ends. */
export async function lockLink(
  trx: Transaction<Database>,
  linkId: number,
): Promise<StoredLink | undefined> {
  return selectLink(trx, linkId).forUpdate().executeTakeFirst()
}

const selectLink = (db: Kysely<Database>, linkId: number) =>
  db
    .selectFrom('pending_links')
    .select([
      'link_id as linkId',
      'customer_id as customerId',
      'other_customer_id as otherCustomerId',
      'cause',
      'status',
    ])
    .where('link_id', '=', linkId)

/** Says what became of a link. */
export async function markLink(
  trx: Transaction<Database>,
  linkId: number,
  status: LinkStatus,
): Promise<void> {
  await trx.updateTable('pending_links').set({ status }).where('link_id', '=', linkId).execute()
}

/** Says of all links between two customers, as they are by now, that they are not one person. */
export async function rejectLinks(
  trx: Transaction<Database>,
  [one, other]: readonly [string, string],
): Promise<void> {
  await sql`
    update pending_links set status = 'rejected'
    where status in ('pending', 'quarantined') and (
      customer_id = any(${idsOf(one)}) and other_customer_id = any(${idsOf(other)})
      or customer_id = any(${idsOf(other)}) and other_customer_id = any(${idsOf(one)}))`.execute(
    trx,
  )
}

/** Settles all links whose two customers are this one by now, whatever was thought of them. Answers which. */
export async function settleLinks(
  trx: Transaction<Database>,
  customerId: string,
): Promise<number[]> {
  const { rows } = await sql<{ linkId: number }>`
    update pending_links set status = 'merged'
    where status <> 'merged' and customer_id = any(${idsOf(customerId)})
      and other_customer_id = any(${idsOf(customerId)})
    returning link_id as "linkId"`.execute(trx)
  return rows.map(({ linkId }) => linkId)
}

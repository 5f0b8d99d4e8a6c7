import { sql, type Kysely, type Transaction } from 'kysely'
import type { MergeSide } from '../domain/customers/merge-verdict.ts'
import type { MergeStatus } from '../domain/customers/merge-status.ts'
import type { Database } from './schema.ts'
import { idsOf } from './survivors.ts'

/** Two customers who are to become one, or were. */
export interface MergeRow {
  readonly mergeId: string
  readonly linkId: number
  readonly loser: string
  readonly winner: string
  readonly status: MergeStatus
  /** Why it was not done by itself: a code, and a sentence. */
  readonly reason: string | null
  readonly detail: string | null
  readonly createdAt: Date
  readonly updatedAt: Date
  /** Key of whoever approved or rejected it. */
  readonly decidedBy: string | null
}

/** With the call that said that they are one. */
export interface ShownMerge extends MergeRow {
  readonly cause: string
}

const COLUMNS = [
  'merges.merge_id as mergeId',
  'merges.link_id as linkId',
  'merges.loser',
  'merges.winner',
  'merges.status',
  'merges.reason',
  'merges.detail',
  'merges.created_at as createdAt',
  'merges.updated_at as updatedAt',
  'merges.decided_by as decidedBy',
] as const

/** A merge, held against other writers until `trx` ends. */
export async function lockMerge(
  trx: Transaction<Database>,
  by: { readonly mergeId: string } | { readonly linkId: number },
): Promise<MergeRow | undefined> {
  const query = trx.selectFrom('merges').select(COLUMNS).forUpdate()
  return (
    'mergeId' in by
      ? query.where('merge_id', '=', by.mergeId)
      : query.where('link_id', '=', by.linkId)
  ).executeTakeFirst()
}

/** Holds both customers of a merge against other writers until `trx` ends, whatever has become of it. */
export async function lockMergeSides(trx: Transaction<Database>, mergeId: string): Promise<void> {
  await sql`
    select from customers c where c.customer_id in (
      select unnest(array[m.loser, m.winner]) from merges m where m.merge_id = ${mergeId})
    order by c.customer_id for no key update of c`.execute(trx)
}

/** Whether one of these customers takes part in a merge that is under way. The caller holds their rows. */
export async function areInMerge(
  trx: Transaction<Database>,
  customerIds: readonly string[],
): Promise<boolean> {
  const found = await trx
    .selectFrom('merges')
    .select('merge_id')
    .where('status', '=', 'leaving')
    .where((eb) => eb.or([eb('loser', 'in', customerIds), eb('winner', 'in', customerIds)]))
    .limit(1)
    .executeTakeFirst()
  return found !== undefined
}

/** What was decided, or waits to be, about two customers as they are by now, because of another link. */
export async function findDecidedMerge(
  trx: Transaction<Database>,
  one: string,
  other: string,
): Promise<'quarantined' | 'rejected' | undefined> {
  const { rows } = await sql<{ status: 'quarantined' | 'rejected' }>`
    select status from merges
    where status in ('quarantined', 'rejected') and (
      loser = any(${idsOf(one)}) and winner = any(${idsOf(other)})
      or loser = any(${idsOf(other)}) and winner = any(${idsOf(one)}))
    order by created_at desc limit 1`.execute(trx)
  return rows[0]?.status
}

/** Begins a merge, or puts what has become of it in its place. */
export async function upsertMerge(
  trx: Transaction<Database>,
  merge: Pick<MergeRow, 'mergeId' | 'linkId' | 'loser' | 'winner' | 'status' | 'reason' | 'detail'>,
  at: Date,
): Promise<void> {
  const { mergeId, linkId, loser, winner, status, reason, detail } = merge
  await trx
    .insertInto('merges')
    .values({
      merge_id: mergeId,
      link_id: linkId,
      loser,
      winner,
      status,
      reason,
      detail,
      created_at: at,
      updated_at: at,
    })
    .onConflict((conflict) =>
      conflict.column('merge_id').doUpdateSet({
        loser,
        winner,
        status,
        reason,
        detail,
        updated_at: at,
      }),
    )
    .execute()
}

/** Says how far a merge is. */
export async function updateMerge(
  trx: Transaction<Database>,
  mergeId: string,
  change: { readonly status: MergeStatus; readonly decidedBy?: string; readonly at: Date },
): Promise<void> {
  const { status, decidedBy, at } = change
  await trx
    .updateTable('merges')
    .set({ status, updated_at: at, ...(decidedBy === undefined ? {} : { decided_by: decidedBy }) })
    .where('merge_id', '=', mergeId)
    .execute()
}

/** Ends a merge, and those that waited for a decision because of links that are settled with it. */
export async function endMerges(
  trx: Transaction<Database>,
  mergeId: string,
  { linkIds, at }: { readonly linkIds: readonly number[]; readonly at: Date },
): Promise<void> {
  await sql`
    update merges set status = 'done', updated_at = ${at},
      winner_batch = case when merge_id = ${mergeId}
        then (select c.last_batch from customers c where c.customer_id = merges.winner) end
    where merge_id = ${mergeId} or link_id = any(${linkIds}::bigint[])`.execute(trx)
}

/** At most `limit` merges, newest first, after the given one. */
export async function listMerges(
  db: Kysely<Database>,
  {
    status,
    limit,
    after,
  }: {
    readonly status: MergeStatus | undefined
    readonly limit: number
    readonly after: { readonly createdAt: Date; readonly mergeId: string } | undefined
  },
): Promise<ShownMerge[]> {
  return selectShown(db)
    .$if(status !== undefined, (query) => query.where('merges.status', '=', status ?? 'done'))
    .$if(after !== undefined, (query) =>
      query.where(
        sql<boolean>`(merges.created_at, merges.merge_id) < (${after?.createdAt}, ${after?.mergeId})`,
      ),
    )
    .orderBy('merges.created_at', 'desc')
    .orderBy('merges.merge_id', 'desc')
    .limit(limit)
    .execute()
}

/** One merge by its id. */
export async function findMerge(
  db: Kysely<Database>,
  mergeId: string,
): Promise<ShownMerge | undefined> {
  return selectShown(db).where('merges.merge_id', '=', mergeId).executeTakeFirst()
}

const selectShown = (db: Kysely<Database>) =>
  db
    .selectFrom('merges')
    .innerJoin('pending_links', 'pending_links.link_id', 'merges.link_id')
    .select([...COLUMNS, 'pending_links.cause'])

/** What a merge is judged by, of a customer whose row the caller holds; with what its actor may have. */
export interface JudgedSide extends MergeSide {
  /** No batch was ever fixed for it, so that it has no actor, or one that has heard nothing. */
  readonly isUnheard: boolean
}

/** Both customers as they are judged. The caller holds their rows. */
export async function listMergeSides(
  trx: Transaction<Database>,
  customerIds: readonly string[],
  since: Date,
): Promise<JudgedSide[]> {
  const { rows } = await sql<Omit<JudgedSide, 'createdAtMs'> & { createdAt: Date }>`
    select c.customer_id as "customerId", c.test, c.known, c.created_at as "createdAt",
      c.erasing_at is not null as "isErasing",
      c.last_batch = 0 and c.snapshot is null and not c.test as "isUnheard",
      (select coalesce(jsonb_object_agg(k.kind, k.n), '{}') from (
        select kind, count(*)::int as n from identities i
        where i.customer_id = c.customer_id group by kind) k) as identities,
      (select count(*)::int + 1 from customers m where m.merged_into = c.customer_id) as united,
      (select count(*)::int from merges l
        where l.winner = c.customer_id and l.created_at > ${since}
          and l.status in ('leaving', 'done')) as "mergedLately"
    from customers c where c.customer_id = any(${customerIds}::text[])`.execute(trx)
  return rows.map(({ createdAt, ...side }) => ({ ...side, createdAtMs: createdAt.getTime() }))
}

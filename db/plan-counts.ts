import { sql, type Kysely, type Transaction } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** The finding of a name that the plan does not declare. */
export const UNDECLARED = 'undeclared'
/** What counts all of a name that the plan declares, whatever was wrong with them. */
export const ALL = ''

export interface PlanCount {
  readonly kind: 'event' | 'trait'
  readonly name: string
  /** `ALL`, `UNDECLARED`, `NOT_AS_PLANNED`, or the place in its schema that says otherwise. */
  readonly finding: string
  readonly message: string | null
  readonly source: string
  readonly atMs: number
  readonly count: number
  /** So many of them were not stored. */
  readonly refused: number
  /** One of them in the log; null where none was stored. */
  readonly seq: number | null
}

/**
 * Adds to what was counted. Rows are taken in one order, so that processes that share a slot only wait.
 * Cost: one statement, however many counts.
 */
export async function addPlanCounts(
  trx: Transaction<Database>,
  slot: number,
  counts: readonly PlanCount[],
): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into plan_counts as p
      (day, kind, name, finding, source, slot, message, count, refused, first_at, last_at, last_seq)
    select (to_timestamp(r."atMs" / 1000.0) at time zone 'UTC')::date, r.kind, r.name, r.finding,
      r.source, ${slot}, max(r.message), sum(r.count), sum(r.refused),
      min(to_timestamp(r."atMs" / 1000.0)), max(to_timestamp(r."atMs" / 1000.0)), max(r.seq)
    from ${jsonRows(counts, COLUMNS)}
    group by 1, 2, 3, 4, 5
    order by 1, 2, 3, 4, 5
    on conflict (day, kind, name, finding, source, slot) do update set
      message = excluded.message, count = p.count + excluded.count,
      refused = p.refused + excluded.refused,
      first_at = least(p.first_at, excluded.first_at), last_at = greatest(p.last_at, excluded.last_at),
      last_seq = greatest(p.last_seq, excluded.last_seq)
  `.execute(trx)
}

const COLUMNS = `kind text, name text, finding text, message text, source text, "atMs" float8,
  count bigint, refused bigint, seq bigint`

export interface PlanSum {
  readonly kind: 'event' | 'trait'
  readonly name: string
  readonly finding: string
  readonly message: string | null
  readonly count: number
  readonly refused: number
  readonly firstAt: Date
  readonly lastAt: Date
  readonly sources: readonly string[]
  /** The newest one that is stored; null where it is not there any more, or never was. */
  readonly messageId: string | null
}

/** What was counted since that day (UTC), most frequent first. Cost: the counts of those days. */
export async function sumPlanCounts(db: Kysely<Database>, since: Date): Promise<PlanSum[]> {
  const { rows } = await sql<PlanSum>`
    select s.*, e.message_id as "messageId" from (
      select kind, name, finding, max(message) as message, sum(count)::int8 as count,
        sum(refused)::int8 as refused, min(first_at) as "firstAt", max(last_at) as "lastAt",
        array_agg(distinct source order by source) as sources, max(last_seq) as seq
      from plan_counts where day >= (${since}::timestamptz at time zone 'UTC')::date
      group by kind, name, finding
    ) s left join events e on e.seq = s.seq
    order by s.count desc, s.kind, s.name, s.finding
  `.execute(db)
  return rows
}

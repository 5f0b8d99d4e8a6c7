import { sql, type Kysely, type Transaction } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

export interface TouchpointCount {
  readonly source: string
  /** Empty: nobody said. */
  readonly channel: string
  readonly event: string
  /** When it was received. */
  readonly atMs: number
}

/**
 * Counts events that were stored. Rows are taken in one order, so that processes that share a slot only
 * wait. Cost: one statement, however many events.
 */
export async function addTouchpointCounts(
  trx: Transaction<Database>,
  slot: number,
  counts: readonly TouchpointCount[],
): Promise<void> {
  if (counts.length === 0) return
  await sql`
    insert into touchpoint_counts as t (day, source, channel, event, slot, count, last_seen_at)
    select (to_timestamp(r."atMs" / 1000.0) at time zone 'UTC')::date, r.source, r.channel, r.event,
      ${slot}, count(*), max(to_timestamp(r."atMs" / 1000.0))
    from ${jsonRows(counts, 'source text, channel text, event text, "atMs" float8')}
    group by 1, 2, 3, 4
    order by 1, 2, 3, 4
    on conflict (day, source, channel, event, slot) do update set
      count = t.count + excluded.count, last_seen_at = greatest(t.last_seen_at, excluded.last_seen_at)
  `.execute(trx)
}

export interface TouchpointSum {
  readonly source: string
  readonly channel: string
  /** With events, oldest first: `2026-12-06`. */
  readonly days: readonly string[]
  readonly lastSeenAt: Date
  readonly events: readonly {
    readonly event: string
    /** Since `since`; 0 where it came only before. */
    readonly count: number
    readonly lastSeenAt: string
  }[]
}

/**
 * What came from where: counts since one day (UTC), and what is remembered from an earlier one on. Cost: the
 * counts of those days, no events.
 */
export async function sumTouchpoints(
  db: Kysely<Database>,
  { since, rememberedFrom }: { readonly since: Date; readonly rememberedFrom: Date },
): Promise<TouchpointSum[]> {
  const dayOf = (at: Date) => sql`(${at}::timestamptz at time zone 'UTC')::date`
  const { rows } = await sql<TouchpointSum>`
    with known as (
      select * from touchpoint_counts where day >= ${dayOf(rememberedFrom)}
    ), events as (
      select source, channel, event, max(last_seen_at) as last_seen_at,
        coalesce(sum(count) filter (where day >= ${dayOf(since)}), 0)::int8 as count
      from known group by source, channel, event
    ), days as (
      select source, channel, array_agg(distinct day::text order by day::text) as days
      from known group by source, channel
    )
    select d.source, d.channel, d.days, e.last_seen_at as "lastSeenAt", e.events
    from days d join (
      select source, channel, max(last_seen_at) as last_seen_at,
        json_agg(json_build_object('event', event, 'count', count, 'lastSeenAt',
          to_char(last_seen_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
          order by count desc, event) as events
      from events group by source, channel
    ) e on e.source = d.source and e.channel = d.channel
    order by d.source, d.channel
  `.execute(db)
  return rows
}

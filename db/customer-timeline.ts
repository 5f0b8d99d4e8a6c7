import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { JsonObject } from '../domain/json.ts'
import type { Database } from './schema.ts'

/**
 * One line of what happened to a customer. `rank` and `key` order what shares an instant: the event
 * first, then what it changed, the decision, what became of the runs, and the sends.
 */
export interface TimelineRow {
  readonly at: Date
  readonly rank: number
  readonly key: string
  readonly kind: string
  readonly summary: string
  readonly data: JsonObject
}

export type TimelinePlace = Pick<TimelineRow, 'at' | 'rank' | 'key'>

/** At most `limit` lines of a customer's timeline, newest first, older than `after`. */
export async function listTimeline(
  db: Kysely<Database>,
  {
    customerId,
    limit,
    after,
  }: { customerId: string; limit: number; after: TimelinePlace | undefined },
): Promise<TimelineRow[]> {
  // Each source is cut to the limit by its own index before the lines are merged.
  const parts = SOURCES.map(
    (source) => sql`(select * from (${source(customerId, after?.at)}) line
      where ${isOlder(after)} order by at desc, rank desc, key desc limit ${limit})`,
  )
  const { rows } = await sql<TimelineRow>`
    select * from (${sql.join(parts, sql` union all `)}) lines
    order by at desc, rank desc, key desc limit ${limit}`.execute(db)
  return rows
}

/** At most `limit` lines later than `since`, newest first. */
export async function listTimelineSince(
  db: Kysely<Database>,
  { customerId, since, limit }: { customerId: string; since: Date; limit: number },
): Promise<TimelineRow[]> {
  const rows = await listTimeline(db, { customerId, limit, after: undefined })
  return rows.filter((row) => row.at > since)
}

function isOlder(after: TimelinePlace | undefined): RawBuilder<unknown> {
  if (after === undefined) return sql`true`
  return sql`(at, rank, key) < (${after.at}::timestamptz, ${after.rank}::int, ${after.key}::text collate "C")`
}

type Source = (customerId: string, until: Date | undefined) => RawBuilder<unknown>

/** `until` repeats what `isOlder` says in words that an index understands. */
const notAfter = (column: string, until: Date | undefined) =>
  until === undefined ? sql`true` : sql`${sql.ref(column)} <= ${until}::timestamptz`

const padded = (column: string) => sql`lpad(${sql.ref(column)}::text, 19, '0') collate "C"`

const events: Source = (customerId, until) => sql`
  select received_at as at, 0 as rank, ${padded('seq')} as key, 'event' as kind,
    coalesce(name, type) as summary,
    jsonb_strip_nulls(jsonb_build_object('seq', seq, 'messageId', message_id, 'type', type,
      'name', name, 'properties', properties, 'traits', traits,
      'historical', historical, 'handling', status))
      || jsonb_build_object('occurredAt',
        to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')) as data
  from events
  where customer_id = ${customerId} and type not in ('consent', 'exit')
    and ${notAfter('received_at', until)}`

/** Consents as they were recorded, with source and proof; the actor's own note of them says less. */
const consents: Source = (customerId, until) => sql`
  select at, 1 as rank, ${padded('history_id')} as key, 'consent' as kind,
    (case when granted then 'consent given: ' else 'consent withdrawn: ' end)
      || purpose || ' by ' || channel as summary,
    jsonb_build_object('purpose', purpose, 'channel', channel, 'granted', granted,
      'source', source, 'proof', proof) as data
  from consent_history
  where customer_id = ${customerId} and ${notAfter('at', until)}`

const decisions: Source = (customerId, until) => sql`
  select at, 3 as rank, decision_id collate "C" as key, 'decision' as kind, summary,
    jsonb_build_object('decisionId', decision_id, 'outcome', outcome) as data
  from decisions
  where customer_id = ${customerId} and ${notAfter('at', until)}`

const entries: Source = (customerId, until) => sql`
  select at, case when kind in ('run', 'step', 'goal', 'deferred') then 4 else 2 end as rank,
    ${padded('turn')} || ${padded('ordinal')} as key, kind, summary, data
  from timeline_entries
  where customer_id = ${customerId} and kind <> 'consent' and ${notAfter('at', until)}`

const deliveries: Source = (customerId, until) => sql`
  select at, 5 as rank, delivery_id collate "C" as key, 'delivery' as kind,
    journey || '@' || version || ' · ' || message || ' by ' || channel || ': ' || status as summary,
    jsonb_build_object('deliveryId', delivery_id, 'journey', journey, 'version', version,
      'step', step, 'message', message, 'channel', channel, 'status', status,
      'reason', reason) as data
  from deliveries
  where customer_id = ${customerId} and ${notAfter('at', until)}`

/** That two customers turned out to be one person: on the timelines of both. */
const links: Source = (customerId, until) => sql`
  select created_at as at, 1 as rank, 'link' || ${padded('link_id')} as key, 'link' as kind,
    'same person as ' || other || ' (' || cause || '): merge pending' as summary,
    jsonb_build_object('otherCustomerId', other, 'cause', cause, 'status', status) as data
  from (
    select *, case when customer_id = ${customerId} then other_customer_id else customer_id end as other
    from pending_links
    where customer_id = ${customerId} or other_customer_id = ${customerId}) as link
  where ${notAfter('created_at', until)}`

const SOURCES = [events, consents, links, decisions, entries, deliveries]

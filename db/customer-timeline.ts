import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { TimelineLine } from '../domain/timeline.ts'
import type { Database } from './schema.ts'

/** One line of what happened to a customer, in the order of `timelineOf` (`domain/timeline.ts`). */
export interface TimelineRow extends Omit<TimelineLine, 'atMs'> {
  readonly at: Date
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

const padded = (column: string) => lpad(sql`${sql.ref(column)}::text`)

const lpad = (text: RawBuilder<unknown>) => sql`lpad(${text}, 19, '0') collate "C"`

/** A part of an id, counted from its end: of a delivery run, visit and channel, of a decision its number. */
const part = (column: string, fromEnd: number) =>
  lpad(sql`split_part(${sql.ref(column)}, '.', ${sql.lit(-fromEnd)})`)

const events: Source = (customerId, until) => sql`
  select received_at as at, 0 as rank, ${padded('seq')} as key, 'event' as kind,
    coalesce(name, type) as summary,
    jsonb_build_object('seq', seq, 'messageId', message_id, 'type', type,
      'properties', properties, 'historical', historical, 'handling', status,
      'occurredAt', to_char(occurred_at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
      || case when name is null then '{}' else jsonb_build_object('name', name) end
      || case when traits is null then '{}' else jsonb_build_object('traits', traits) end as data
  from events
  where customer_id = ${customerId} and type not in ('consent', 'exit', 'migrate', 'rules', 'exclusion', 'release', 'offer')
    and ${notAfter('received_at', until)}`

/** Consents as they were recorded, with source and proof; the actor's own note of them says less. */
const consents: Source = (customerId, until) => sql`
  select at, 1 as rank, ${padded('history_id')} as key, 'consent' as kind,
    (case when granted then 'consent given: ' else 'consent withdrawn: ' end)
      || purpose || ' by ' || channel as summary,
    jsonb_build_object('purpose', purpose, 'channel', channel, 'granted', granted,
      'source', source, 'proof', coalesce(evidence, to_jsonb(proof)), 'textVersion', text_version) as data
  from consent_history
  where customer_id = ${customerId} and ${notAfter('at', until)}`

const decisions: Source = (customerId, until) => sql`
  select at, 3 as rank, ${part('decision_id', 2)} || decision_id as key, 'decision' as kind, summary,
    jsonb_build_object('decisionId', decision_id, 'outcome', outcome) as data
  from decisions
  where customer_id = ${customerId} and ${notAfter('at', until)}`

const entries: Source = (customerId, until) => sql`
  select at, case kind when 'lifecycle' then 2 else 4 end as rank,
    ${padded('turn')} || ${padded('ordinal')} as key, kind, summary, data
  from timeline_entries
  where customer_id = ${customerId} and kind <> 'consent' and ${notAfter('at', until)}`

const deliveries: Source = (customerId, until) => sql`
  select at, 5 as rank,
    ${part('delivery_id', 3)} || ${part('delivery_id', 2)} || delivery_id as key, 'delivery' as kind,
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

import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { RetentionPlan } from '../domain/retention/retention-plan.ts'
import {
  NOTHING_DELETED,
  type Deleted,
  type EntryKey,
  type RetentionPosition,
} from '../domain/retention/retention-run.ts'
import { durationMs } from '../domain/time.ts'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/**
 * Nothing goes before so long after it came in, whenever it occurred: what a caller sends again is told by
 * the row that is there. Nor so soon after it ended.
 */
const STAYS_MS = durationMs('P7D')

/** Which rows are to go, as of an instant. */
export interface Retention {
  readonly plan: RetentionPlan
  readonly nowMs: number
}

/** What became of one page of a part. */
export interface DeletedPage {
  readonly looked: number
  /** After the last row that was looked at. */
  readonly position: RetentionPosition
  readonly deleted: Deleted
}

/** Deletes what is to go among the next `limit` rows of a part. Cost: these rows, by key. */
export function deletePage(
  trx: Transaction<Database>,
  position: RetentionPosition,
  retention: Retention,
  limit: number,
): Promise<DeletedPage> {
  switch (position.part) {
    case 'events':
      return deleteEvents(trx, position.after, retention, limit)
    case 'mails':
      return deleteMails(trx, position.after, retention, limit)
    case 'timeline':
      return deleteEntries(trx, position.after, retention, limit)
    case 'agentTasks':
    case 'onsite':
      return deleteEnded(trx, { ...position, part: position.part }, retention, limit)
  }
}

async function deleteEvents(
  trx: Transaction<Database>,
  after: number,
  retention: Retention,
  limit: number,
): Promise<DeletedPage> {
  const { rows } = await sql<PageRow<number, Deleted['events']>>`
    with page as (select * from events where seq > ${after} order by seq limit ${limit}),
    due as (${dueEvents(sql`page`, retention)}),
    gone as (delete from events using due where events.seq = due.seq returning due.rule)
    select (select count(*)::int from page) as looked, (select max(seq) from page) as last,
      ${countByRule(sql`gone`)} as gone
  `.execute(trx)
  const { looked = 0, last = null, gone: events = {} } = rows[0] ?? {}
  const position = { part: 'events' as const, after: last ?? after }
  return { looked, position, deleted: { ...NOTHING_DELETED, events } }
}

async function deleteMails(
  trx: Transaction<Database>,
  after: number,
  { plan, nowMs }: Retention,
  limit: number,
): Promise<DeletedPage> {
  const { rows } = await sql<PageRow<number, number>>`
    with page as (
      select outbox_id, received_at from outbox where outbox_id > ${after}
      order by outbox_id limit ${limit}),
    gone as (
      delete from outbox using page where outbox.outbox_id = page.outbox_id
        and page.received_at < ${before(plan.mailsMs, nowMs)} returning 1)
    select (select count(*)::int from page) as looked, (select max(outbox_id) from page) as last,
      (select count(*)::int from gone) as gone
  `.execute(trx)
  const { looked = 0, last = null, gone: mails = 0 } = rows[0] ?? {}
  const position = { part: 'mails' as const, after: last ?? after }
  return { looked, position, deleted: { ...NOTHING_DELETED, mails } }
}

async function deleteEntries(
  trx: Transaction<Database>,
  after: EntryKey,
  { plan, nowMs }: Retention,
  limit: number,
): Promise<DeletedPage> {
  const [customerId, turn, ordinal] = after
  const { rows } = await sql<PageRow<EntryKey, number>>`
    with page as (
      select customer_id, turn, ordinal, at from timeline_entries
      where (customer_id, turn, ordinal) > (${customerId}::text, ${turn}::int, ${ordinal}::int)
      order by customer_id, turn, ordinal limit ${limit}),
    gone as (
      delete from timeline_entries t using page
      where (t.customer_id, t.turn, t.ordinal) = (page.customer_id, page.turn, page.ordinal)
        and page.at < ${before(plan.timelineMs, nowMs)} returning 1)
    select (select count(*)::int from page) as looked,
      (select jsonb_build_array(customer_id, turn, ordinal) from page
        order by customer_id desc, turn desc, ordinal desc limit 1) as last,
      (select count(*)::int from gone) as gone
  `.execute(trx)
  const { looked = 0, last = null, gone: timeline = 0 } = rows[0] ?? {}
  const position = { part: 'timeline' as const, after: last ?? after }
  return { looked, position, deleted: { ...NOTHING_DELETED, timeline } }
}

/** What waited for a person, until it ended. */
const ENDED = {
  agentTasks: { table: 'agent_tasks', key: 'task_id', endedAt: sql`decided_at` },
  onsite: {
    table: 'onsite_messages',
    key: 'message_id',
    endedAt: sql`greatest(clicked_at, dismissed_at, expired_at)`,
  },
} as const

type EndedPart = keyof typeof ENDED

async function deleteEnded(
  trx: Transaction<Database>,
  { part, after }: { readonly part: EndedPart; readonly after: string },
  retention: Retention,
  limit: number,
): Promise<DeletedPage> {
  const { table, key, endedAt } = ENDED[part]
  const { rows } = await sql<PageRow<string, number>>`
    with page as (
      select ${sql.ref(key)} as key, ${endedAt} as ended_at from ${sql.table(table)}
      where ${sql.ref(key)} > ${after} order by ${sql.ref(key)} limit ${limit}),
    gone as (
      delete from ${sql.table(table)} t using page where t.${sql.ref(key)} = page.key
        and page.ended_at < ${endedBefore(part, retention)} returning 1)
    select (select count(*)::int from page) as looked, (select max(key) from page) as last,
      (select count(*)::int from gone) as gone
  `.execute(trx)
  const { looked = 0, last = null, gone = 0 } = rows[0] ?? {}
  const position = { part, after: last ?? after }
  return { looked, position, deleted: { ...NOTHING_DELETED, [part]: gone } }
}

/** What an agent is at, or a page still shows, is not taken away from them. */
function endedBefore(part: EndedPart, { plan, nowMs }: Retention): RawBuilder<unknown> {
  const keepForMs = plan[`${part}Ms`]
  return before(keepForMs === null ? null : Math.max(keepForMs, STAYS_MS), nowMs)
}

const countEnded = (part: EndedPart, retention: Retention): RawBuilder<unknown> => sql`
  (select count(*)::int from ${sql.table(ENDED[part].table)}
    where ${ENDED[part].endedAt} < ${endedBefore(part, retention)})`

interface PageRow<Key, Gone> {
  readonly looked: number
  /** Key of the last row; null: there was none. */
  readonly last: Key | null
  readonly gone: Gone
}

/** How many rows the plan would delete now. Cost: a pass over all that can be deleted. */
export async function countDue(db: Kysely<Database>, retention: Retention): Promise<Deleted> {
  const { plan, nowMs } = retention
  const { rows } = await sql<Deleted>`
    with due as (${dueEvents(sql`events`, retention)})
    select ${countByRule(sql`due`)} as events,
      (select count(*)::int from outbox where received_at < ${before(plan.mailsMs, nowMs)}) as mails,
      (select count(*)::int from timeline_entries
        where at < ${before(plan.timelineMs, nowMs)}) as timeline,
      ${countEnded('agentTasks', retention)} as "agentTasks", ${countEnded('onsite', retention)} as onsite
  `.execute(db)
  return rows[0] ?? NOTHING_DELETED
}

/**
 * Events among `rows` that are old enough, with the rule that says so. What an actor may have to hear
 * again stays: what waits for it, and what its snapshot does not hold yet.
 */
function dueEvents(
  rows: RawBuilder<unknown>,
  { plan: { named, others }, nowMs }: Retention,
): RawBuilder<unknown> {
  const terms = Object.entries(named).map(([name, { rule, keepForMs }]) => ({
    name,
    rule,
    before: keepForMs === null ? null : new Date(nowMs - keepForMs).toISOString(),
  }))
  return sql`
    select e.seq, coalesce(r.rule, ${others?.rule ?? null}::int) as rule
    from ${rows} e join customers c on c.customer_id = e.customer_id
    left join ${jsonRows(terms, 'name text, rule int, before timestamptz')} on r.name = e.name
    where e.type in ('track', 'page', 'screen')
      and e.occurred_at < case when r.name is null
        then ${before(others?.keepForMs ?? null, nowMs)} else r.before end
      and e.recorded_at < ${new Date(nowMs - STAYS_MS)}
      and (e.status = 'filtered' or (e.status = 'batched'
        and (c.merged_into is not null or e.batch <= c.snapshot_batch)))`
}

const countByRule = (from: RawBuilder<unknown>): RawBuilder<unknown> => sql`
  (select coalesce(jsonb_object_agg(rule, count), '{}')
    from (select rule, count(*)::int as count from ${from} group by rule) by_rule)`

/** Null, which nothing is older than: all of it is kept. */
const before = (keepForMs: number | null, nowMs: number): RawBuilder<unknown> =>
  sql`${keepForMs === null ? null : new Date(nowMs - keepForMs)}::timestamptz`

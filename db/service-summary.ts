import { sql, type Kysely } from 'kysely'
import type { Database } from './schema.ts'
import { idsOf } from './survivors.ts'

/** What a customer has told service, summed up. A member is absent where there was nothing. */
export interface ServiceSummary {
  readonly cases?: CasesSummary
  readonly calls?: CallsSummary
  readonly emotion?: LastEmotion
}

interface CasesSummary {
  readonly open: number
  /** Of the open ones. */
  readonly worstSeverity?: number
  readonly nextPromisedAt?: Date
}

interface CallsSummary {
  readonly count: number
  readonly lastAt: Date
  /** What the last call that says so says. */
  readonly lastReason?: string
  readonly lastEmotion?: string
}

interface LastEmotion {
  readonly value: string
  readonly at: Date
  /** The event that said so. */
  readonly event: string
}

/** How the manual of touchpoints names a call; its members `reason` and `emotion` too. */
const CALL = 'Call Received'

/** Events that tell how somebody feels: calls and chats. Cases are asked apart. */
const TELLING = [CALL, 'Live Chat Conversation Started', 'Live Chat Conversation Ended']

/**
 * By all that is stored of the customer and of those who became the same person.
 *
 * Cost: three statements, each over one index.
 */
export async function readServiceSummary(
  db: Kysely<Database>,
  customerId: string,
): Promise<ServiceSummary> {
  const [cases, calls, emotion] = await Promise.all([
    readCases(db, customerId),
    readCalls(db, customerId),
    readEmotion(db, customerId),
  ])
  return {
    ...(cases === undefined ? {} : { cases }),
    ...(calls === undefined ? {} : { calls }),
    ...(emotion === undefined ? {} : { emotion }),
  }
}

async function readCases(
  db: Kysely<Database>,
  customerId: string,
): Promise<CasesSummary | undefined> {
  const { rows } = await sql<{
    all: number
    open: number
    worst: number | null
    promisedAt: Date | null
  }>`
    select count(*)::int as "all", count(*) filter (where status = 'open')::int as open,
      max(severity) filter (where status = 'open') as worst,
      min(promised_at) filter (where status = 'open') as "promisedAt"
    from cases where customer_id = ${customerId}`.execute(db)
  const [row] = rows
  if (row === undefined || row.all === 0) return undefined
  return {
    open: row.open,
    ...(row.worst === null ? {} : { worstSeverity: row.worst }),
    ...(row.promisedAt === null ? {} : { nextPromisedAt: row.promisedAt }),
  }
}

async function readCalls(
  db: Kysely<Database>,
  customerId: string,
): Promise<CallsSummary | undefined> {
  const lastText = (property: string) => sql`(
    array_agg(e.properties ->> ${property}::text order by e.occurred_at desc, e.seq desc)
      filter (where jsonb_typeof(e.properties -> ${property}::text) = 'string'))[1]`
  const { rows } = await sql<{
    count: number
    lastAt: Date | null
    reason: string | null
    emotion: string | null
  }>`
    select count(*)::int as count, max(e.occurred_at) as "lastAt",
      ${lastText('reason')} as reason, ${lastText('emotion')} as emotion
    from events e where e.customer_id = any(${idsOf(customerId)}) and e.name = ${CALL}`.execute(db)
  const [row] = rows
  if (row === undefined || row.lastAt === null) return undefined
  return {
    count: row.count,
    lastAt: row.lastAt,
    ...(row.reason === null ? {} : { lastReason: row.reason }),
    ...(row.emotion === null ? {} : { lastEmotion: row.emotion }),
  }
}

async function readEmotion(
  db: Kysely<Database>,
  customerId: string,
): Promise<LastEmotion | undefined> {
  const { rows } = await sql<LastEmotion>`
    select said.value, said.at, said.event from (
      (select e.properties ->> 'emotion' as value, e.occurred_at as at, e.name as event, e.message_id
        from events e
        where e.customer_id = any(${idsOf(customerId)}) and e.name = any(${TELLING}::text[])
          and jsonb_typeof(e.properties -> 'emotion') = 'string'
        order by e.occurred_at desc, e.message_id desc limit 1)
      union all
      (select k.emotion, k.at, 'Case ' || initcap(k.action), k.message_id from case_events k
        where k.customer_id = ${customerId} and k.emotion is not null
        order by k.at desc, k.message_id desc limit 1)
    ) said order by said.at desc, said.message_id desc limit 1`.execute(db)
  return rows[0]
}

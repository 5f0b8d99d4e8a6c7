import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { FactChange } from '../domain/actor/inputs.ts'
import type { JsonObject } from '../domain/json.ts'
import type { Touchpoint } from '../domain/touchpoints/touchpoint.ts'
import { jsonRows } from './json-rows.ts'
import type { Database, EventType } from './schema.ts'
import { lockSurvivors } from './survivors.ts'

/** A row to append to the log. */
export interface NewEvent extends Touchpoint {
  readonly messageId: string
  readonly customerId: string
  readonly type: EventType
  readonly name: string | null
  readonly properties: JsonObject
  readonly traits: JsonObject | null
  readonly context: JsonObject | null
  readonly payload: JsonObject | null
  readonly facts: FactChange | null
  readonly historical: boolean
  readonly occurredAtMs: number
  readonly receivedAtMs: number
  readonly status: 'filtered' | 'pending'
}

/** What became of a message id. A row that the dispatcher has taken up still counts as pending to callers. */
export interface StoredEvent {
  readonly messageId: string
  readonly customerId: string
  readonly seq: number
  readonly status: 'filtered' | 'pending'
}

/** Which of these message ids are in the log already. */
export async function findStoredEvents(
  trx: Transaction<Database>,
  messageIds: readonly string[],
): Promise<StoredEvent[]> {
  const { rows } = await sql<StoredEvent>`
    select message_id as "messageId", customer_id as "customerId", seq,
      case status when 'filtered' then 'filtered' else 'pending' end as status
    from events where message_id = any(${messageIds}::text[])
  `.execute(trx)
  return rows
}

/**
 * Appends rows in the order given and answers the sequence number of each message id. One that is
 * missing from the answer was stored by another process in this instant.
 */
export async function insertEvents(
  trx: Transaction<Database>,
  events: readonly NewEvent[],
): Promise<Map<string, number>> {
  const numbered = events.map((event, ordinal) => ({ ...event, ordinal }))
  const { rows } = await sql<{ message_id: string; seq: number }>`
    insert into events (message_id, customer_id, type, name, properties, traits, context, source,
      channel, payload, facts, historical, occurred_at, received_at, status)
    select r."messageId", r."customerId", r.type, r.name, r.properties, r.traits, r.context, r.source,
      r.channel, r.payload, r.facts, r.historical, to_timestamp(r."occurredAtMs" / 1000.0),
      to_timestamp(r."receivedAtMs" / 1000.0), r.status
    from ${jsonRows(numbered, COLUMNS)}
    order by r.ordinal
    on conflict (message_id) do nothing
    returning message_id, seq
  `.execute(trx)
  return new Map(rows.map((row) => [row.message_id, row.seq]))
}

const COLUMNS = `ordinal int, "messageId" text, "customerId" text, type text, name text,
  properties jsonb, traits jsonb, context jsonb, source text, channel text, payload jsonb, facts jsonb, historical boolean,
  "occurredAtMs" float8, "receivedAtMs" float8, status text`

/** What the system tells one customer's actor. */
export interface SystemCommand {
  readonly customerId: string
  /** Names the try: the same one again changes nothing. */
  readonly messageId: string
  readonly payload: JsonObject
  /** What the actor must know before it. Absent: nothing. */
  readonly facts?: FactChange | null
}

/** Rows that the system writes by itself. */
export type SystemCommandType = Extract<
  EventType,
  'migrate' | 'release' | 'leave' | 'absorb' | 'outcome' | 'consent' | 'rules'
>

/**
 * Appends commands to the logs of these customers, each on its customer's clock; of one who was merged,
 * to the log of the survivor. They always reach the actor. Answers whom they are for by now. Customers
 * who are not there (any more) are left out.
 *
 * Locks: the customers, by id, as everybody does who appends to their logs.
 */
export async function appendCommands(
  trx: Transaction<Database>,
  type: SystemCommandType,
  { nowMs, commands }: { nowMs: number; commands: readonly SystemCommand[] },
): Promise<string[]> {
  if (commands.length === 0) return []
  const survivors = await lockSurvivors(trx, [
    ...new Set(commands.map(({ customerId }) => customerId)),
  ])
  const told = commands.flatMap((command) => {
    const customerId = survivors.get(command.customerId)
    return customerId === undefined ? [] : [{ ...command, customerId }]
  })
  await sql`
    insert into events (message_id, customer_id, type, payload, facts, occurred_at, received_at, status)
    select told."messageId", told."customerId", ${type}::text, told.payload, told.facts, clock.at,
      clock.at, 'pending'
    from (
      select * from ${jsonRows(told, '"customerId" text, "messageId" text, payload jsonb, facts jsonb')}
    ) told
    join customers c on c.customer_id = told."customerId"
    cross join lateral (
      select to_timestamp((${nowMs}::float8 + c.clock_offset_ms) / 1000.0) as at
    ) clock
    order by told."messageId"
    on conflict (message_id) do nothing`.execute(trx)
  return [...new Set(told.map(({ customerId }) => customerId))]
}

/** A row on its way to the actor. */
export interface PendingEvent {
  readonly seq: number
  readonly customerId: string
  readonly type: EventType
  readonly name: string | null
  readonly properties: JsonObject
  readonly source: string | null
  readonly channel: string | null
  readonly payload: JsonObject | null
  readonly facts: FactChange | null
  readonly historical: boolean
  readonly occurredAt: Date
  readonly receivedAt: Date
}

/**
 * The oldest rows that wait for a batch, at most `limitEach` of each customer, by customer and number;
 * but first what a customer takes up of another: what came afterwards, and what was the other's, is
 * about both.
 */
export async function listPendingEvents(
  db: Kysely<Database>,
  customerIds: readonly string[],
  limitEach: number,
): Promise<PendingEvent[]> {
  const pending = (isAbsorb: RawBuilder<unknown>): RawBuilder<unknown> => sql`(
    select seq, customer_id as "customerId", type, name, properties, source, channel, payload, facts,
      historical, occurred_at as "occurredAt", received_at as "receivedAt"
    from events
    where customer_id = c.customer_id and status = 'pending' and ${isAbsorb}
    order by seq limit ${limitEach})`
  const { rows } = await sql<PendingEvent>`
    select e.* from unnest(${customerIds}::text[]) as c(customer_id) cross join lateral (
      ${pending(sql`type = 'absorb'`)} union all ${pending(sql`type <> 'absorb'`)}
    ) e
    order by e."customerId", e.type <> 'absorb', e.seq
  `.execute(db)
  return rows
}

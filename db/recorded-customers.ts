import { sql, type Kysely, type RawBuilder } from 'kysely'
import type { RecordedCustomer, RecordedRow } from '../domain/backtest/recorded.ts'
import { eventSource } from '../domain/customers/event-source.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { TOUCHPOINTS_TRAIT } from '../domain/touchpoints/seen-touchpoints.ts'
import { touchpointOf } from '../domain/touchpoints/touchpoint.ts'
import type { Database } from './schema.ts'

/**
 * Customers looked up, and rows of the log read, at once. Few, because the embedded database answers
 * on the thread that everything else runs on: so many take it some tens of milliseconds.
 */
const PAGE_CUSTOMERS = 100
const PAGE_ROWS = 250

/** Which part of the store a backtest reads. */
export interface RecordedPart {
  /** Names of events that some rule reads; the others are not fetched. */
  readonly names: readonly string[]
  readonly toMs: number
  /** Rows that came after this one are left out: the same job reads the same rows again. */
  readonly throughSeq: number
  /** 0 to 1: which share of the customers, by a hash of their ids. */
  readonly sample: number
  /** Events that only tell where the customer came are wanted too. Default: no. */
  readonly withTouchpoints?: boolean
}

/**
 * Every real customer with what is in the log about them, by id. A row of an import stands at the
 * instant when it happened, any other at the one when it was received. What journeys and operators
 * did is left out: the backtest makes its own.
 *
 * Memory: 250 rows, or those of one customer where that is more. Cost: two index scans for each page.
 */
export async function* streamRecordedCustomers(
  db: Kysely<Database>,
  part: RecordedPart,
): AsyncGenerator<RecordedCustomer> {
  for (let after = ''; ;) {
    const customers = await listCustomers(db, part, after)
    for (const some of inPortions(customers)) {
      const rows = await readRows(db, part, some)
      for (const customer of some) yield toRecorded(customer, rows.get(customer.customerId) ?? [])
    }
    const last = customers.at(-1)
    if (last === undefined || customers.length < PAGE_CUSTOMERS) return
    after = last.customerId
  }
}

/** How many customers that are. */
export async function countRecordedCustomers(
  db: Kysely<Database>,
  { sample }: Pick<RecordedPart, 'sample'>,
): Promise<number> {
  const { rows } = await sql<{ count: number }>`
    select count(*)::int as count from customers c where ${isPart(sample)} and c.merged_into is null
  `.execute(db)
  return rows[0]?.count ?? 0
}

/** The newest row of the log; 0 for an empty one. */
export async function lastSeq(db: Kysely<Database>): Promise<number> {
  const { rows } = await sql<{ seq: number | null }>`select max(seq) as seq from events`.execute(db)
  return rows[0]?.seq ?? 0
}

/**
 * Real customers of the sample, those who were merged with their survivor. The same on every database:
 * the hash is of the id's text.
 */
export function isPart(sample: number): RawBuilder<unknown> {
  return sql`(not c.test and ${isBelow(sample, sql`coalesce(c.merged_into, c.customer_id)`)})`
}

/** Customers whose hash lies below this share. */
export function isBelow(share: number, id = sql`c.customer_id`): RawBuilder<unknown> {
  return sql`(('x' || left(md5(${id}), 8))::bit(32)::bigint
    < ${share}::float8 * 4294967296)`
}

interface CustomerRow {
  readonly customerId: string
  readonly traits: JsonObject
  readonly known: boolean
  readonly zone: string
  readonly createdAt: Date
  readonly namedAt: Date | null
  readonly rows: number
}

async function listCustomers(
  db: Kysely<Database>,
  { sample, throughSeq }: RecordedPart,
  after: string,
): Promise<CustomerRow[]> {
  const { rows } = await sql<CustomerRow>`
    select c.customer_id as "customerId", c.traits, c.known, c.zone,
      (select min(o.created_at) from customers o
        where o.customer_id = c.customer_id or o.merged_into = c.customer_id) as "createdAt",
      (select min(i.created_at) from identities i
        where i.customer_id = c.customer_id and i.kind = 'user') as "namedAt",
      (select count(*)::int from events e
        where e.customer_id in (
          select c.customer_id union all
          select m.customer_id from customers m where m.merged_into = c.customer_id
        ) and e.seq <= ${throughSeq}::bigint) as rows
    from customers c
    where c.customer_id > ${after} and c.merged_into is null and ${isPart(sample)}
    order by c.customer_id limit ${PAGE_CUSTOMERS}
  `.execute(db)
  return rows
}

function* inPortions(customers: readonly CustomerRow[]): Generator<CustomerRow[]> {
  let portion: CustomerRow[] = []
  let rows = 0
  for (const customer of customers) {
    if (portion.length > 0 && rows + customer.rows > PAGE_ROWS) {
      yield portion
      portion = []
      rows = 0
    }
    portion.push(customer)
    rows += customer.rows
  }
  if (portion.length > 0) yield portion
}

interface LogRow {
  readonly customerId: string
  readonly seq: number
  readonly type: string
  readonly name: string | null
  readonly properties: JsonObject
  readonly traits: JsonObject | null
  readonly contextTraits: JsonValue
  readonly deviceZone: JsonValue
  readonly source: JsonValue
  readonly library: JsonValue
  /** Of its touchpoint, as they were judged at ingest. */
  readonly storedSource: string | null
  readonly storedChannel: string | null
  readonly payload: JsonObject | null
  readonly at: Date
  readonly occurredAt: Date
}

/**
 * The rows of these customers and of those merged into them, each customer's in the order of time; of
 * one instant in that of the log.
 */
async function readRows(
  db: Kysely<Database>,
  part: RecordedPart,
  customers: readonly CustomerRow[],
): Promise<Map<string, LogRow[]>> {
  const survivors = await survivorsOf(db, customers)
  const ids = [...survivors.keys()]
  const byCustomer = new Map<string, LogRow[]>(customers.map(({ customerId }) => [customerId, []]))
  let after = { customerId: '', seq: 0 }
  for (;;) {
    const rows = await listRows(db, part, { ids, after })
    for (const row of rows) byCustomer.get(survivors.get(row.customerId) ?? '')?.push(row)
    const last = rows.at(-1)
    if (last === undefined || rows.length < PAGE_ROWS) break
    after = last
  }
  for (const rows of byCustomer.values())
    rows.sort((a, b) => a.at.getTime() - b.at.getTime() || a.seq - b.seq)
  return byCustomer
}

/** Under which ids rows of these customers stand, and whose they are. */
async function survivorsOf(
  db: Kysely<Database>,
  customers: readonly CustomerRow[],
): Promise<Map<string, string>> {
  const ids = customers.map(({ customerId }) => customerId)
  const { rows } = await sql<{ customerId: string; survivor: string }>`
    select customer_id as "customerId", merged_into as survivor from customers
    where merged_into = any(${ids}::text[])`.execute(db)
  return new Map([
    ...ids.map((id) => [id, id] as const),
    ...rows.map(({ customerId, survivor }) => [customerId, survivor] as const),
  ])
}

async function listRows(
  db: Kysely<Database>,
  { names, toMs, throughSeq, withTouchpoints = false }: RecordedPart,
  { ids, after }: { ids: readonly string[]; after: { customerId: string; seq: number } },
): Promise<LogRow[]> {
  const at = sql`case when e.historical then e.occurred_at else e.received_at end`
  const { rows } = await sql<LogRow>`
    select e.customer_id as "customerId", e.seq, e.type, e.name, e.properties, e.traits,
      e.context -> 'traits' as "contextTraits", e.context -> 'timezone' as "deviceZone",
      e.context -> 'source' as source, e.context #> '{library,name}' as library,
      e.source as "storedSource", e.channel as "storedChannel", e.payload,
      ${at} as at, e.occurred_at as "occurredAt"
    from events e
    where e.customer_id = any(${ids}::text[])
      and (e.customer_id, e.seq) > (${after.customerId}, ${after.seq}::bigint)
      and e.seq <= ${throughSeq}::bigint
      and ${at} < ${new Date(toMs)}
      and (e.type = 'consent' or (e.payload is null and e.type not in ('exit', 'migrate', 'exclusion', 'release') and (
        e.name = any(${names}::text[]) or e.traits is not null or e.context -> 'traits' is not null
        or e.context -> 'timezone' is not null
        or (${withTouchpoints}::boolean and e.source is not null and e.name is not null))))
    order by e.customer_id, e.seq limit ${PAGE_ROWS}
  `.execute(db)
  return rows
}

/**
 * The log tells what was said; what it does not tell (traits that a journey or a group set, the zone)
 * is taken as it is today. A customer who was anonymous at first is known from the instant at which a
 * user id came.
 */
function toRecorded(customer: CustomerRow, logged: readonly LogRow[]): RecordedCustomer {
  const { customerId, traits, known, zone, createdAt, namedAt } = customer
  const said = logged.map(saidBy)
  // Where the customer was seen by today is no past; events tell it anew.
  const told = new Set([...said.flatMap(Object.keys), TOUCHPOINTS_TRAIT])
  const untold = Object.entries(traits).filter(([name]) => !told.has(name))
  const isKnownFromStart = known && (namedAt === null || namedAt <= createdAt)
  const rows = logged.map((row, index): RecordedRow => {
    const atMs = row.at.getTime()
    if (row.type === 'consent') return consentOf(row, atMs)
    return {
      type: 'event',
      name: row.name,
      atMs,
      occurredAtMs: Math.min(row.occurredAt.getTime(), atMs),
      properties: row.properties,
      source: eventSource(row),
      touchpoint: touchpointOf({ source: row.storedSource, channel: row.storedChannel }),
      said: said[index] ?? {},
      deviceZone: row.deviceZone ?? undefined,
      namesUser: isKnownFromStart || (known && namedAt !== null && row.at >= namedAt),
    }
  })
  return {
    customerId,
    profile: { traits: Object.fromEntries(untold), known: isKnownFromStart, zone },
    rows,
  }
}

function saidBy({ type, traits, contextTraits }: LogRow): JsonObject {
  return {
    ...(isObject(contextTraits) ? contextTraits : {}),
    ...(type === 'identify' ? traits : {}),
  }
}

function consentOf({ payload }: LogRow, atMs: number): RecordedRow {
  // Written by `operations/set-consent.ts`, and by nobody else.
  const { purpose, channel, granted } = payload as {
    purpose: string
    channel: string
    granted: boolean
  }
  return { type: 'consent', atMs, purpose, channel, granted }
}

const isObject = (value: JsonValue): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

import { sql, type Kysely } from 'kysely'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import type { Database } from './schema.ts'
import { idsOf } from './survivors.ts'

/** Events with returns in them that are read back. An actor keeps far fewer ids than these hold. */
const RETURNS_READ_MAX = 1_000

/** Which part of the log of a customer and of those merged into it counts: all that is stored, less the batches still to come. */
export interface StoredPart {
  readonly customerId: string
  readonly throughBatch: number
}

export interface StoredCounter {
  readonly name: string
  readonly total: number
  /** By `occurredAt`, ascending. */
  readonly recentMs: readonly number[]
}

/** Of each named event its total and its newest `recentMax` instants; nothing for one that never happened. */
export async function listStoredCounters(
  db: Kysely<Database>,
  part: StoredPart,
  { names, recentMax }: { names: readonly string[]; recentMax: number },
): Promise<StoredCounter[]> {
  if (names.length === 0) return []
  const { rows } = await sql<StoredCounter>`
    select named.name, all_of.total, recent."recentMs"
    from unnest(${names}::text[]) as named (name)
    cross join lateral (
      select count(*) as total from events e
      where e.name = named.name and ${isIn(part)}
    ) all_of
    cross join lateral (
      select json_agg(newest.ms order by newest.ms) as "recentMs" from (
        select round(extract(epoch from each.occurred_at) * 1000) as ms
        from unnest(${idsOf(part.customerId)}) one(id) cross join lateral (
          select e.occurred_at from events e
          where e.customer_id = one.id and e.name = named.name and ${isHeard(part)}
          order by e.occurred_at desc limit ${recentMax}
        ) each
        order by each.occurred_at desc limit ${recentMax}
      ) newest
    ) recent
    where all_of.total > 0
    order by named.name`.execute(db)
  return rows
}

/** What property `property` holds in every stored event of this name that has it. */
export async function listStoredValues(
  db: Kysely<Database>,
  part: StoredPart,
  { name, property }: { name: string; property: string },
): Promise<JsonValue[]> {
  const { rows } = await sql<{ values: JsonValue[] | null }>`
    select json_agg(e.properties -> ${property}::text) as "values" from events e
    where e.name = ${name} and ${isIn(part)} and e.properties -> ${property}::text is not null
  `.execute(db)
  return rows[0]?.values ?? []
}

/** The same of a customer and those who became the same person, with what is still to come to the actor. */
export async function listWorth(
  db: Kysely<Database>,
  customerId: string,
  { name, property }: { name: string; property: string },
): Promise<JsonValue[]> {
  const { rows } = await sql<{ values: JsonValue[] | null }>`
    select json_agg(e.properties -> ${property}::text) as "values" from events e
    where e.name = ${name} and e.properties -> ${property}::text is not null
      and e.customer_id in (select c.customer_id from customers c
        where c.customer_id = ${customerId} or c.merged_into = ${customerId})
  `.execute(db)
  return rows[0]?.values ?? []
}

/** The newest 1,000 events of this name with an order or products in them, newest first. */
export async function listStoredReturns(
  db: Kysely<Database>,
  part: StoredPart,
  name: string,
): Promise<{ occurredAtMs: number; properties: JsonObject }[]> {
  const { rows } = await sql<{ occurredAt: Date; properties: JsonObject }>`
    select e.occurred_at as "occurredAt",
      jsonb_build_object('order_id', e.properties -> 'order_id', 'products', e.properties -> 'products')
        as properties
    from events e
    where e.name = ${name} and ${isIn(part)}
      and (e.properties -> 'order_id' is not null or e.properties -> 'products' is not null)
    order by e.occurred_at desc limit ${RETURNS_READ_MAX}
  `.execute(db)
  return rows.map(({ occurredAt, properties }) => ({
    occurredAtMs: occurredAt.getTime(),
    properties,
  }))
}

const isIn = (part: StoredPart) =>
  sql`e.customer_id = any(${idsOf(part.customerId)}) and ${isHeard(part)}`

/** Whoever was merged into the customer left behind only what its own actor had handled, in batches of its own. */
const isHeard = ({ customerId, throughBatch }: StoredPart) => sql`(
  e.status = 'filtered' or e.batch <= ${throughBatch}::int or e.customer_id <> ${customerId})`

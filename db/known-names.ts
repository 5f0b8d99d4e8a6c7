import { sql, type Kysely } from 'kysely'
import type { KnownNames } from '../domain/journeys/known-names.ts'
import { listLiveDefinitions } from './live-definitions.ts'
import { findFormulas } from './rule-documents.ts'
import type { Database } from './schema.ts'

const EVENTS_MAX = 20_000
const CUSTOMERS_MAX = 2_000

/**
 * Which events, properties and traits the store has seen lately,, the journeys that are live and
 * the facts in force.
 *
 * Cost: reads the newest 20,000 rows of the log and 2,000 customers, some tenths of a second.
 */
export async function readKnownNames(db: Kysely<Database>): Promise<KnownNames> {
  const [events, traits, live, formulas] = await Promise.all([
    readEvents(db),
    readTraits(db),
    listLiveDefinitions(db),
    findFormulas(db),
  ])
  const facts = new Set(Object.keys(formulas))
  return { events, traits, journeys: live.map(({ journey }) => journey), facts }
}

async function readEvents(db: Kysely<Database>): Promise<KnownNames['events']> {
  const { rows } = await sql<{ name: string; count: number; properties: string[] }>`
    with newest as (
      select seq, name, properties from events
      where name is not null and type in ('track', 'page', 'screen')
      order by seq desc limit ${EVENTS_MAX}
    ),
    named as (
      select distinct newest.name, property
      from newest, jsonb_object_keys(newest.properties) as property
    )
    select counted.name, counted.count, array(
      select named.property from named where named.name = counted.name
    ) as properties
    from (select name, count(*)::int as count from newest group by name) as counted
  `.execute(db)
  return new Map(
    rows.map(({ name, count, properties }) => [name, { count, properties: new Set(properties) }]),
  )
}

async function readTraits(db: Kysely<Database>): Promise<KnownNames['traits']> {
  const { rows } = await sql<{ customers: number; names: string[] }>`
    with newest as (
      select traits from customers where merged_into is null order by created_at desc, customer_id desc limit ${CUSTOMERS_MAX}
    )
    select (select count(*)::int from newest) as customers,
      array(select distinct trait from newest, jsonb_object_keys(newest.traits) as trait) as names
  `.execute(db)
  const [row] = rows
  return { customers: row?.customers ?? 0, names: new Set(row?.names) }
}

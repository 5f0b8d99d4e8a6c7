import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

/** So long what was released has its place reserved. One that comes later must find room like any other. */
const RESERVED_S = 300
/** Sums of fractions are off by less. */
const ROUNDING = 1e-9

/** Something scarce, in seconds of handling. */
export interface CapacityRow {
  readonly name: string
  readonly available: number
  readonly used: number
  /** Promised to sends that were let go and have not come yet. */
  readonly reserved: number
  readonly until: Date | null
  /** Null: never told. */
  readonly updatedAt: Date | null
  /** Sends that wait for it. */
  readonly waiting: number
}

/** What is parked for a capacity says so by this reason. */
export const capacityReason = (name: string): string => `capacity:${name}`

const RESERVED = sql`status = 'parked' and released_at > now() - ${RESERVED_S} * interval '1 second'`

const CAPACITIES = sql`
  select coalesce(c.name, d.name) as name, coalesce(c.available, 0) as available,
    coalesce(c.used, 0) as used, c.until, c.updated_at as "updatedAt",
    coalesce(d.reserved, 0) as reserved, coalesce(d.waiting, 0) as waiting
  from capacities c full join (
    select substr(parked_for, length('capacity:') + 1) as name,
      sum(cost) filter (where ${RESERVED}) as reserved,
      (count(*) filter (where released_at is null))::int as waiting
    from deliveries where status = 'parked' and parked_for like 'capacity:%'
    group by parked_for
  ) d on d.name = c.name`

/** How a send stands in the queue for what is scarce: customer group, then worth, then age. */
export interface Place {
  readonly deliveryId: string
  readonly group: string | null
  readonly worth: number | null
  /** When it was first parked, by the database's clock. Null: it comes only now. */
  readonly since: Date | null
}

/** The place of a parked row, smaller is earlier. Groups by importance; others come after them. */
export const placeOf = (groups: readonly string[]): RawBuilder<unknown> =>
  sql`coalesce(array_position(${groups}::text[], customer_group), 2147483647),
    -coalesce(worth, '-Infinity'::float8), parked_at, delivery_id`

/** All that were told or are waited for, by name. One that was never told has nothing. */
export async function listCapacities(db: Kysely<Database>): Promise<CapacityRow[]> {
  const { rows } = await sql<CapacityRow>`${CAPACITIES} order by 1`.execute(db)
  return rows
}

/** Undefined where it was never told and nobody waits for it. */
export async function findCapacity(
  db: Kysely<Database>,
  name: string,
): Promise<CapacityRow | undefined> {
  const { rows } = await sql<CapacityRow>`
    ${CAPACITIES} where coalesce(c.name, d.name) = ${name}`.execute(db)
  return rows[0]
}

/** Tells how much there is from now on. */
export async function upsertCapacity(
  trx: Transaction<Database>,
  {
    name,
    available,
    until,
    at,
    by,
  }: { name: string; available: number; until: Date | null; at: Date; by: string | null },
): Promise<void> {
  const told = { available, used: 0, until, updated_at: at, updated_by: by }
  await trx
    .insertInto('capacities')
    .values({ name, ...told })
    .onConflict((oc) => oc.column('name').doUpdateSet(told))
    .execute()
}

/**
 * How much is free beside what is reserved for others, held against everybody else who takes of it
 * until `trx` ends. One that was never told, or whose time is over, has nothing.
 */
export async function lockFree(
  trx: Transaction<Database>,
  name: string,
  except: string | null = null,
): Promise<number> {
  const { rows } = await sql<{ free: number }>`
    select available - used as free from capacities
    where name = ${name} and (until is null or until > now())
    for update`.execute(trx)
  const free = rows[0]?.free ?? 0
  if (free <= 0) return 0
  // Only now, as a statement of its own: it sees what those have written who held the row before.
  const reserved = await sql<{ sum: number }>`
    select coalesce(sum(cost), 0)::float8 as sum from deliveries
    where ${RESERVED} and parked_for = ${capacityReason(name)}
      and delivery_id is distinct from ${except}`.execute(trx)
  return free - (reserved.rows[0]?.sum ?? 0) + ROUNDING
}

/** Whether a send that waits for this capacity comes before the one at `place`. */
export async function hasWaitingBefore(
  trx: Transaction<Database>,
  name: string,
  groups: readonly string[],
  { deliveryId, group, worth, since }: Place,
): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select from deliveries
      where status = 'parked' and released_at is null and parked_for = ${capacityReason(name)}
        and delivery_id <> ${deliveryId}
        and (${placeOf(groups)}) < (
          coalesce(array_position(${groups}::text[], ${group}::text), 2147483647),
          -coalesce(${worth}::float8, '-Infinity'::float8), coalesce(${since}::timestamptz, now()),
          ${deliveryId}::text)
    ) as found`.execute(trx)
  return rows[0]?.found === true
}

/** Takes of a capacity; a negative amount gives back. */
export async function spendCapacity(
  db: Kysely<Database>,
  name: string,
  seconds: number,
): Promise<void> {
  await sql`update capacities set used = greatest(0, used + ${seconds}::float8)
    where name = ${name}`.execute(db)
}

/** Capacities that something waits for and that may have room. */
export async function listCapacitiesWithRoom(db: Kysely<Database>): Promise<string[]> {
  const rows = await db
    .selectFrom('capacities')
    .select('name')
    .whereRef('used', '<', 'available')
    .where((eb) => eb.or([eb('until', 'is', null), eb('until', '>', sql<Date>`now()`)]))
    .where((eb) =>
      eb.exists(
        eb
          .selectFrom('deliveries')
          .select('delivery_id')
          .where('status', '=', 'parked')
          .where('released_at', 'is', null)
          .where('parked_for', '=', sql<string>`'capacity:' || capacities.name`),
      ),
    )
    .orderBy('name')
    .execute()
  return rows.map(({ name }) => name)
}

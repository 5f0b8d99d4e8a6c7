import { sql, type Kysely, type Transaction } from 'kysely'
import { isBelow } from './recorded-customers.ts'
import type { Database, RolloutStatus } from './schema.ts'

/** Rollouts under way that one look finds; a newer one takes the place of those before. */
const OPEN_MAX = 10

/** A publication of lifecycle rules, and how far it was brought to those who sleep. */
export interface RolloutRow {
  /** Of the document. */
  readonly version: number
  /** Who is below it by hash is told. */
  readonly share: number
  readonly perSecond: number
  readonly status: RolloutStatus
  /** The last customer that was told, in the order of ids. */
  readonly after: string
  /** Real customers told. */
  readonly told: number
  readonly createdAt: Date
  readonly createdBy: string | null
  readonly updatedAt: Date
}

const COLUMNS = [
  'version',
  'share',
  'per_second as perSecond',
  'status',
  'after',
  'told',
  'created_at as createdAt',
  'created_by as createdBy',
  'updated_at as updatedAt',
] as const

/** Begins one, in the place of those that are under way. */
export async function insertRollout(
  trx: Transaction<Database>,
  row: Pick<RolloutRow, 'version' | 'share' | 'perSecond' | 'createdAt' | 'createdBy'>,
): Promise<void> {
  await trx
    .updateTable('lifecycle_rollouts')
    .set({ status: 'superseded', updated_at: row.createdAt })
    .where('status', 'in', ['running', 'paused'])
    .execute()
  await trx
    .insertInto('lifecycle_rollouts')
    .values({
      version: row.version,
      share: row.share,
      per_second: row.perSecond,
      status: 'running',
      created_at: row.createdAt,
      created_by: row.createdBy,
      updated_at: row.createdAt,
    })
    .execute()
}

/** Held against other writers until `trx` ends. */
export async function lockRollout(
  trx: Transaction<Database>,
  version: number,
): Promise<RolloutRow | undefined> {
  return trx
    .selectFrom('lifecycle_rollouts')
    .select(COLUMNS)
    .where('version', '=', version)
    .forUpdate()
    .executeTakeFirst()
}

export async function updateRollout(
  trx: Transaction<Database>,
  { version, share, perSecond, status, after, told }: RolloutRow,
  at: Date,
): Promise<void> {
  await trx
    .updateTable('lifecycle_rollouts')
    .set({ share, per_second: perSecond, status, after, told, updated_at: at })
    .where('version', '=', version)
    .execute()
}

/** Versions that are being brought to everybody. */
export async function listRolloutsUnderWay(db: Kysely<Database>): Promise<number[]> {
  const rows = await db
    .selectFrom('lifecycle_rollouts')
    .select('version')
    .where('status', '=', 'running')
    .orderBy('version', 'desc')
    .limit(OPEN_MAX)
    .execute()
  return rows.map(({ version }) => version)
}

/** The newest first; `before`: those of older versions. */
export async function listRollouts(
  db: Kysely<Database>,
  { limit, before }: { readonly limit: number; readonly before?: number | undefined },
): Promise<RolloutRow[]> {
  return db
    .selectFrom('lifecycle_rollouts')
    .select(COLUMNS)
    .$if(before !== undefined, (query) => query.where('version', '<', before ?? 0))
    .orderBy('version', 'desc')
    .limit(limit)
    .execute()
}

export async function findRollout(
  db: Kysely<Database>,
  version: number,
): Promise<RolloutRow | undefined> {
  return db
    .selectFrom('lifecycle_rollouts')
    .select(COLUMNS)
    .where('version', '=', version)
    .executeTakeFirst()
}

/**
 * Tells the next customers, by id, that there are other rules: a row at the end of the log of everybody
 * who has an actor and was not told yet. A customer who comes later has the rules from the beginning.
 *
 * Locks: the customers, by id, as everybody does who appends to their logs.
 */
export async function tellNext(
  trx: Transaction<Database>,
  { version, share, perSecond, after }: RolloutRow,
  nowMs: number,
): Promise<{ looked: number; last: string; told: number }> {
  const { rows } = await sql<{ looked: number; last: string | null; told: number }>`
    with page as (
      select c.customer_id, c.test, to_timestamp((${nowMs}::float8 + c.clock_offset_ms) / 1000.0) as at
      from customers c
      where c.customer_id > ${after} and ${isToBeTold} and ${isBelow(share)}
      order by c.customer_id limit ${perSecond}
      for no key update
    ), told as (
      insert into events (message_id, customer_id, type, facts, occurred_at, received_at, status)
      select ${messageIdOf(version)} || customer_id, customer_id, 'rules', '{}', at, at, 'pending'
      from page order by customer_id
      on conflict (message_id) do nothing
      returning customer_id
    )
    select (select count(*)::int from page) as looked, (select max(customer_id) from page) as last,
      (select count(*)::int from told join page using (customer_id) where not page.test) as told
  `.execute(trx)
  const { looked = 0, last = null, told = 0 } = rows[0] ?? {}
  return { looked, last: last ?? after, told }
}

const messageIdOf = (version: number) => sql`${`rules:lifecycle:${version}:`}::text`

/** Somebody whose actor has heard something. */
const isToBeTold = sql`((c.last_batch > 0 or c.lifecycle_state is not null)
  and c.merged_into is null and c.erasing_at is null)`

/** Head-counts of a rollout, without test customers. */
export interface RolloutPeople {
  readonly all: number
  /** Of those told, whose actor has not taken it up. */
  readonly waiting: number
  /** Whose state changed by the rules alone. */
  readonly moved: number
}

/** Cost: a pass over the customers, one over rows that wait, one over changes of state. */
export async function countRollout(db: Kysely<Database>, version: number): Promise<RolloutPeople> {
  const { rows } = await sql<RolloutPeople>`
    select
      (select count(*)::int from customers c where ${isToBeTold} and not c.test) as "all",
      (select count(*)::int from events e join customers c using (customer_id)
        where e.status = 'pending' and e.type = 'rules' and not c.test
          and starts_with(e.message_id, ${messageIdOf(version)})) as waiting,
      (select count(distinct t.customer_id)::int
        from timeline_entries t join customers c using (customer_id)
        where t.kind = 'lifecycle' and not c.test and t.data -> 'rules' = to_jsonb(${version}::int)) as moved
  `.execute(db)
  return rows[0] ?? { all: 0, waiting: 0, moved: 0 }
}

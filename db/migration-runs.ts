import { sql, type Kysely, type Transaction } from 'kysely'
import type { MigrationMove } from '../domain/actor/effects.ts'
import { jsonRows } from './json-rows.ts'
import type { Database, MigrationRunStatus } from './schema.ts'

/** A run of a migration, and where it stands as far as SQL knows. */
export interface MigrationRun {
  readonly runId: string
  readonly customerId: string
  readonly tries: number
  readonly version: number
  readonly step: string
  readonly status: 'active' | 'waiting' | 'paused' | 'ended'
  /** Messages it got, or may have got. */
  readonly delivered: readonly string[]
}

/**
 * At most `limit` runs below `share` in one of these states whose time has come, lowest bucket first.
 *
 * Cost: those taken, and those before them whose time has not come; not all that are waiting.
 */
export async function listMigrationRuns(
  trx: Transaction<Database>,
  migrationId: string,
  {
    statuses,
    share,
    limit,
  }: { statuses: readonly MigrationRunStatus[]; share: number; limit: number },
): Promise<MigrationRun[]> {
  const { rows } = await sql<MigrationRun>`
    select m.run_id as "runId", m.customer_id as "customerId", m.tries, r.version, r.step, r.status,
      coalesce((
        select json_agg(distinct d.message) from deliveries d
        where d.run_id = m.run_id and d.status in ('sent', 'sending', 'unknown')
      ), '[]') as delivered
    from (
      select run_id, customer_id, tries, bucket from migration_runs
      where migration_id = ${migrationId} and status in (${sql.join(statuses)})
        and bucket < ${share} and (not_before is null or not_before <= now())
      order by bucket, run_id limit ${limit}
    ) m join runs r on r.run_id = m.run_id
    order by m.bucket, m.run_id`.execute(trx)
  return rows
}

/** How many runs below `share` are in one of these states, whether or not their time has come. */
export async function countMigrationRuns(
  db: Kysely<Database>,
  migrationId: string,
  { statuses, share }: { statuses: readonly MigrationRunStatus[]; share: number },
): Promise<number> {
  const { count } = await db
    .selectFrom('migration_runs')
    .select((eb) => eb.fn.countAll<number>().as('count'))
    .where('migration_id', '=', migrationId)
    .where('status', 'in', statuses)
    .where('bucket', '<', share)
    .executeTakeFirstOrThrow()
  return count
}

/** What becomes of a run of a migration. */
export interface RunChange {
  readonly runId: string
  readonly status: MigrationRunStatus
  /** Where it stood when it was judged; null: where it stood and went stays noted. */
  readonly fromStep: string | null
  readonly toStep: string | null
  readonly reason: string | null
  /** Not to be looked at again before a while has passed, longer with every try. */
  readonly isPutOff?: true
}

/** Longest that a run is left alone which cannot be moved now. */
const PUT_OFF_S_MAX = 60

const putOff = sql`now() + least(${PUT_OFF_S_MAX}, power(2, least(m.tries, 10))) * interval '1 second'`

/** Notes what has become of runs. Counts a try. */
export async function updateMigrationRuns(
  trx: Transaction<Database>,
  migrationId: string,
  changes: readonly RunChange[],
): Promise<void> {
  if (changes.length === 0) return
  const columns =
    '"runId" text, status text, "fromStep" text, "toStep" text, reason text, "isPutOff" boolean'
  await sql`
    update migration_runs m set status = r.status,
      from_step = coalesce(r."fromStep", m.from_step),
      to_step = case when r."fromStep" is null then m.to_step else r."toStep" end,
      reason = r.reason, tries = m.tries + 1, updated_at = now(),
      not_before = case when r."isPutOff" then ${putOff} end
    from ${jsonRows(changes, columns)}
    where m.migration_id = ${migrationId} and m.run_id = r."runId"`.execute(trx)
}

/** Leaves alone whoever was not asked, or could not be moved when asked: the migration is undone. */
export async function leaveWaitingRuns(
  trx: Transaction<Database>,
  migrationId: string,
): Promise<void> {
  await trx
    .updateTable('migration_runs')
    .set({
      status: 'stayed',
      reason: 'It was undone before this run was moved.',
      updated_at: sql<Date>`now()`,
    })
    .where('migration_id', '=', migrationId)
    .where('status', '=', 'waiting')
    .execute()
}

/**
 * Notes what actors made of what a migration asked them. A run that could not be moved now waits to be
 * asked again. What nobody waits for any more, as from a record that is written a second time, is let
 * go: whoever was asked again answers again.
 */
export async function applyMoves(
  trx: Transaction<Database>,
  moves: readonly MigrationMove[],
): Promise<void> {
  if (moves.length === 0) return
  const last = new Map(moves.map((move) => [`${move.migrationId}/${move.runId}`, move]))
  await sql`
    update migration_runs m set updated_at = now(),
      status = case
        when r.result in ('busy', 'elsewhere') and m.status = 'asked' then 'waiting'
        when r.result in ('busy', 'elsewhere') then 'moved'
        when r.result = 'gone' and m.status = 'recalled' then 'kept'
        else r.result end,
      not_before = case when r.result in ('busy', 'elsewhere') then ${putOff} end
    from ${jsonRows([...last.values()], '"migrationId" text, "runId" text, result text')}
    where m.migration_id = r."migrationId" and m.run_id = r."runId"
      and (m.status = 'asked' and r.result in ('moved', 'exited', 'gone', 'busy', 'elsewhere')
        or m.status = 'recalled' and r.result in ('undone', 'kept', 'gone', 'busy'))`.execute(trx)
}

/** Somebody whom a migration left where they were, and why. */
export interface LeftRow {
  readonly customerId: string
  readonly runId: string
  readonly status: MigrationRunStatus
  readonly step: string | null
  readonly reason: string
}

/** At most `limit` customers whom a migration left where they were for a reason of its own. */
export async function listLeft(
  db: Kysely<Database>,
  migrationId: string,
  limit: number,
): Promise<LeftRow[]> {
  const rows = await db
    .selectFrom('migration_runs')
    .select([
      'customer_id as customerId',
      'run_id as runId',
      'status',
      'from_step as step',
      'reason',
    ])
    .where('migration_id', '=', migrationId)
    .where('reason', 'is not', null)
    .orderBy('status')
    .orderBy('run_id')
    .limit(limit)
    .execute()
  return rows.map((row) => ({ ...row, reason: row.reason ?? '' }))
}

/** How many runs of a migration are how far, by where they stood and where they go. */
export interface ProgressRow {
  readonly migrationId: string
  readonly step: string | null
  readonly to: string | null
  readonly status: MigrationRunStatus
  readonly test: boolean
  readonly people: number
}

/**
 * How far these migrations are. Runs that a migration under way has not entered yet count as waiting.
 *
 * Cost: all runs of these migrations.
 */
export async function listProgress(
  db: Kysely<Database>,
  migrationIds: readonly string[],
): Promise<ProgressRow[]> {
  if (migrationIds.length === 0) return []
  const { rows } = await sql<ProgressRow>`
    select p."migrationId", p.step, p."to", p.status, c.test, count(*)::int as people
    from (
      select migration_id as "migrationId", from_step as step, to_step as "to", status, customer_id
      from migration_runs where migration_id in (${sql.join(migrationIds)})
      union all
      select g.migration_id, r.step, null, 'waiting', r.customer_id
      from migrations g
      join runs r on r.journey = g.journey and r.version = g.from_version and r.status <> 'ended'
      where g.migration_id in (${sql.join(migrationIds)}) and g.status in ('running', 'paused')
        and not exists (select 1 from migration_runs m
          where m.migration_id = g.migration_id and m.run_id = r.run_id)
    ) p join customers c on c.customer_id = p.customer_id
    group by p."migrationId", p.step, p."to", p.status, c.test
    order by p."migrationId", p.step, p.status`.execute(db)
  return rows
}

import { sql, type Kysely, type RawBuilder, type Transaction } from 'kysely'
import type { MigrationRow } from './journey-migrations.ts'
import { bucketOf } from './migration-census.ts'
import type { Database } from './schema.ts'

/** Runs entered into a migration by one statement: a fraction of a second of work. */
const ENTERED_AT_ONCE = 5_000

/**
 * Enters open runs of the old version into a migration, at most `limit` of those that are not in it
 * yet. One that was moved and stands on the old version all the same, since its actor was restored
 * from before, is entered again. Answers how many; 0 means that all are in it.
 *
 * Cost: one look at each run of the old version.
 */
export async function insertMigrationRuns(
  trx: Transaction<Database>,
  migration: MigrationRow,
  at: Date,
  limit = ENTERED_AT_ONCE,
): Promise<number> {
  const { migrationId } = migration
  // `offset 0` keeps the planner from walking the runs of all journeys in the order of their ids.
  const { numAffectedRows } = await sql`
    insert into migration_runs
      (migration_id, run_id, customer_id, bucket, status, from_step, updated_at)
    select ${migrationId}, r.run_id, r.customer_id, ${bucketOf(migration)}, 'waiting', r.step, ${at}
    from (
      select r.run_id, r.customer_id, r.step from runs r where ${isToBeEntered(migration)} offset 0
    ) r
    order by r.run_id limit ${limit}
    on conflict (migration_id, run_id) do update
      set status = 'waiting', not_before = null, updated_at = excluded.updated_at
      where migration_runs.status = 'moved'`.execute(trx)
  return Number(numAffectedRows ?? 0)
}

/** Whether runs below `share` are still to be entered into a migration. */
export async function hasRunsToEnter(
  db: Kysely<Database>,
  migration: MigrationRow,
  share: number,
): Promise<boolean> {
  const { rows } = await sql<{ found: boolean }>`
    select exists (
      select 1 from runs r where ${isToBeEntered(migration)} and ${bucketOf(migration)} < ${share}
    ) as found`.execute(db)
  return rows[0]?.found ?? false
}

const isToBeEntered = ({ migrationId, journey, from }: MigrationRow): RawBuilder<boolean> =>
  sql<boolean>`(r.journey = ${journey} and r.version = ${from} and r.status <> 'ended' and not exists (
    select 1 from migration_runs m
    where m.migration_id = ${migrationId} and m.run_id = r.run_id and m.status <> 'moved'))`

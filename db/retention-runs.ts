import { sql, type Kysely, type Transaction } from 'kysely'
import {
  NOTHING_DELETED,
  RUN_BEGINS,
  type Deleted,
  type RetentionPosition,
} from '../domain/retention/retention-run.ts'
import { jsonText } from './json-rows.ts'
import type { Database, RetentionStatus } from './schema.ts'

/** One walk over what is stored, and what it deleted so far. */
export interface RetentionRun {
  readonly runId: string
  readonly status: RetentionStatus
  /** Of the rules it goes by; null: it has not begun. */
  readonly version: number | null
  readonly askedAt: Date
  /** Key of whoever asked for it; null: the schedule. */
  readonly askedBy: string | null
  readonly startedAt: Date | null
  readonly endedAt: Date | null
  readonly position: RetentionPosition
  readonly looked: number
  readonly deleted: Deleted
  readonly heldBack: readonly string[]
}

const COLUMNS = [
  'run_id as runId',
  'status',
  'version',
  'asked_at as askedAt',
  'asked_by as askedBy',
  'started_at as startedAt',
  'ended_at as endedAt',
  'position',
  'looked',
  'deleted',
  'held_back as heldBack',
] as const

/** The run that is open, or a new one where none is: there is one at a time. */
export async function openRun(
  db: Kysely<Database>,
  run: Pick<RetentionRun, 'runId' | 'askedAt' | 'askedBy'>,
): Promise<RetentionRun> {
  await sql`
    insert into retention_runs (run_id, status, asked_at, asked_by, position, deleted)
    values (${run.runId}, 'asked', ${run.askedAt}, ${run.askedBy}, ${jsonText(RUN_BEGINS)}::jsonb,
      ${jsonText(NOTHING_DELETED)}::jsonb)
    on conflict do nothing`.execute(db)
  const open = await findOpenRun(db)
  // Ended in between, which says that it has looked at everything just now.
  return open ?? (await lastRun(db))
}

export const findOpenRun = (db: Kysely<Database>): Promise<RetentionRun | undefined> =>
  db
    .selectFrom('retention_runs')
    .select(COLUMNS)
    .where('status', 'in', ['asked', 'running'])
    .executeTakeFirst()

const lastRun = (db: Kysely<Database>): Promise<RetentionRun> =>
  db
    .selectFrom('retention_runs')
    .select(COLUMNS)
    .orderBy('asked_at', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()

/** Held against other writers until `trx` ends. */
export async function lockRun(trx: Transaction<Database>, runId: string): Promise<RetentionRun> {
  return trx
    .selectFrom('retention_runs')
    .select(COLUMNS)
    .where('run_id', '=', runId)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

export async function updateRun(trx: Transaction<Database>, run: RetentionRun): Promise<void> {
  await trx
    .updateTable('retention_runs')
    .set({
      status: run.status,
      version: run.version,
      started_at: run.startedAt,
      ended_at: run.endedAt,
      position: jsonText(run.position),
      looked: run.looked,
      deleted: jsonText(run.deleted),
      held_back: jsonText(run.heldBack),
    })
    .where('run_id', '=', run.runId)
    .execute()
}

/** The newest first; `before`: those that were asked for earlier. */
export async function listRuns(
  db: Kysely<Database>,
  input: {
    readonly limit: number
    readonly before?: { readonly askedAt: Date; readonly runId: string } | undefined
  },
): Promise<RetentionRun[]> {
  const { limit, before } = input
  return db
    .selectFrom('retention_runs')
    .select(COLUMNS)
    .$if(before !== undefined, (query) =>
      query.where(sql<boolean>`(asked_at, run_id) < (${before?.askedAt}, ${before?.runId})`),
    )
    .orderBy('asked_at', 'desc')
    .orderBy('run_id', 'desc')
    .limit(limit)
    .execute()
}

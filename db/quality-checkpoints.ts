import { sql, type Kysely, type Transaction } from 'kysely'
import { jsonText } from './json-rows.ts'
import { IS_PERSON } from './people.ts'
import type { Database } from './schema.ts'

/** What was held against traits of one name in one way, when a checkpoint was opened. */
export interface CheckpointFinding {
  readonly problem: string
  readonly trait: string
  /** Customers. */
  readonly open: number
  /** Of those found since the checkpoint before, open or not. */
  readonly fresh: number
  /** That were over since the checkpoint before. */
  readonly settled: number
}

export interface Checkpoint {
  readonly checkpointId: string
  /** Who answers for it. */
  readonly owner: string
  /** By the schedule; else somebody asked for it. */
  readonly scheduled: boolean
  readonly openedAt: Date
  /** Of the checkpoint before; null: there was none. */
  readonly since: Date | null
  readonly findings: readonly CheckpointFinding[]
  readonly signedOffAt: Date | null
  readonly signedOffBy: string | null
  readonly note: string | null
}

export interface CheckpointWork {
  readonly problem: string
  readonly trait: string
  readonly minutes: number
  readonly note: string | null
  readonly doneAt: Date
  readonly doneBy: string | null
}

export interface CheckpointSchedule {
  readonly owner: string
  readonly every: string
  readonly nextAt: Date
}

const COLUMNS = [
  'checkpoint_id as checkpointId',
  'owner',
  'scheduled',
  'opened_at as openedAt',
  'since',
  'findings',
  'signed_off_at as signedOffAt',
  'signed_off_by as signedOffBy',
  'note',
] as const

/**
 * Opens a checkpoint: counts what is open, and what came and went since the one before. Cost: a pass over
 * the findings.
 */
export async function insertCheckpoint(
  trx: Transaction<Database>,
  row: Pick<Checkpoint, 'checkpointId' | 'owner' | 'scheduled' | 'openedAt'>,
): Promise<Checkpoint> {
  const last = await trx
    .selectFrom('quality_checkpoints')
    .select('opened_at')
    .orderBy('opened_at', 'desc')
    .limit(1)
    .executeTakeFirst()
  const since = last?.opened_at ?? null
  const { rows: findings } = await sql<CheckpointFinding>`
    select problem, trait, open, fresh, settled from (
      select f.problem, f.trait,
        (count(*) filter (where f.status = 'open'))::int as open,
        (count(*) filter (where ${since}::timestamptz is null or f.said_at > ${since}))::int as fresh,
        (count(*) filter (where f.settled_at > ${since}))::int as settled
      from trait_findings f join customers c on c.customer_id = f.customer_id
      where ${IS_PERSON}
      group by f.problem, f.trait
    ) counted
    where open + settled > 0
    order by open desc, problem, trait
  `.execute(trx)
  const { checkpointId, owner, scheduled, openedAt } = row
  await trx
    .insertInto('quality_checkpoints')
    .values({
      checkpoint_id: checkpointId,
      owner,
      scheduled,
      opened_at: openedAt,
      since,
      findings: jsonText(findings),
    })
    .execute()
  return { ...row, since, findings, signedOffAt: null, signedOffBy: null, note: null }
}

export const findCheckpoint = (
  db: Kysely<Database>,
  checkpointId: string,
): Promise<Checkpoint | undefined> =>
  db
    .selectFrom('quality_checkpoints')
    .select(COLUMNS)
    .where('checkpoint_id', '=', checkpointId)
    .executeTakeFirst()

/** The same, held against other writers until `trx` ends. */
export const lockCheckpoint = (
  trx: Transaction<Database>,
  checkpointId: string,
): Promise<Checkpoint | undefined> =>
  trx
    .selectFrom('quality_checkpoints')
    .select(COLUMNS)
    .where('checkpoint_id', '=', checkpointId)
    .forUpdate()
    .executeTakeFirst()

/** The newest first; `before`: those that were opened earlier. */
export const listCheckpoints = (
  db: Kysely<Database>,
  input: {
    readonly limit: number
    readonly before?: { readonly openedAt: Date; readonly checkpointId: string } | undefined
  },
): Promise<Checkpoint[]> => {
  const { limit, before } = input
  return db
    .selectFrom('quality_checkpoints')
    .select(COLUMNS)
    .$if(before !== undefined, (query) =>
      query.where(
        sql<boolean>`(opened_at, checkpoint_id) < (${before?.openedAt}, ${before?.checkpointId})`,
      ),
    )
    .orderBy('opened_at', 'desc')
    .orderBy('checkpoint_id', 'desc')
    .limit(limit)
    .execute()
}

export async function signOff(
  trx: Transaction<Database>,
  checkpointId: string,
  { at, by, note }: { readonly at: Date; readonly by: string | null; readonly note: string | null },
): Promise<void> {
  await trx
    .updateTable('quality_checkpoints')
    .set({ signed_off_at: at, signed_off_by: by, note })
    .where('checkpoint_id', '=', checkpointId)
    .execute()
}

export async function insertWork(
  trx: Transaction<Database>,
  checkpointId: string,
  work: CheckpointWork,
): Promise<void> {
  await trx
    .insertInto('quality_work')
    .values({
      checkpoint_id: checkpointId,
      problem: work.problem,
      trait: work.trait,
      minutes: work.minutes,
      note: work.note,
      done_at: work.doneAt,
      done_by: work.doneBy,
    })
    .execute()
}

/** What was done for a checkpoint, in order. */
export const listWork = (db: Kysely<Database>, checkpointId: string): Promise<CheckpointWork[]> =>
  db
    .selectFrom('quality_work')
    .select(['problem', 'trait', 'minutes', 'note', 'done_at as doneAt', 'done_by as doneBy'])
    .where('checkpoint_id', '=', checkpointId)
    .orderBy('work_id')
    .execute()

export const findSchedule = (db: Kysely<Database>): Promise<CheckpointSchedule | undefined> =>
  db
    .selectFrom('quality_schedule')
    .select(['owner', 'every', 'next_at as nextAt'])
    .executeTakeFirst()

/** The schedule, where a checkpoint is due; held against other processes until `trx` ends. */
export const lockDueSchedule = (
  trx: Transaction<Database>,
  at: Date,
): Promise<CheckpointSchedule | undefined> =>
  trx
    .selectFrom('quality_schedule')
    .select(['owner', 'every', 'next_at as nextAt'])
    .where('next_at', '<=', at)
    .forUpdate()
    .skipLocked()
    .executeTakeFirst()

/** Null takes it away. */
export async function putSchedule(
  trx: Transaction<Database>,
  schedule: CheckpointSchedule | null,
): Promise<void> {
  await trx.deleteFrom('quality_schedule').execute()
  if (schedule !== null)
    await trx
      .insertInto('quality_schedule')
      .values({ owner: schedule.owner, every: schedule.every, next_at: schedule.nextAt })
      .execute()
}

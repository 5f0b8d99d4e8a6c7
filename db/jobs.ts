import { sql, type Kysely, type Transaction } from 'kysely'
import type { JsonObject } from '../domain/json.ts'
import { jsonText } from './json-rows.ts'
import type { Database, JobKind, JobStatus } from './schema.ts'

/** A job as people see it, but for its report. */
export interface JobRow {
  readonly jobId: string
  readonly kind: JobKind
  readonly status: JobStatus
  readonly progress: JsonObject | null
  readonly error: string | null
  readonly createdAt: Date
  readonly createdBy: string | null
  readonly startedAt: Date | null
  readonly finishedAt: Date | null
}

const COLUMNS = [
  'job_id as jobId',
  'kind',
  'status',
  'progress',
  'error',
  'created_at as createdAt',
  'created_by as createdBy',
  'started_at as startedAt',
  'finished_at as finishedAt',
] as const

/** Stores a job that the engine has not heard of yet. */
export async function insertJob(
  trx: Transaction<Database>,
  job: { jobId: string; kind: JobKind; input: object; createdAt: Date; createdBy: string | null },
): Promise<JobRow> {
  return trx
    .insertInto('jobs')
    .values({
      job_id: job.jobId,
      kind: job.kind,
      input: jsonText(job.input),
      status: 'waiting',
      created_at: job.createdAt,
      created_by: job.createdBy,
    })
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
}

export async function findJob(
  db: Kysely<Database>,
  jobId: string,
): Promise<(JobRow & { report: JsonObject | null }) | undefined> {
  return db
    .selectFrom('jobs')
    .select([...COLUMNS, 'report'])
    .where('job_id', '=', jobId)
    .executeTakeFirst()
}

/** At most `limit` jobs, newest first, older than `after`. */
export async function listJobs(
  db: Kysely<Database>,
  { limit, after }: { limit: number; after: { createdAt: Date; jobId: string } | undefined },
): Promise<JobRow[]> {
  let query = db.selectFrom('jobs').select(COLUMNS)
  if (after !== undefined)
    query = query.where(sql<boolean>`(created_at, job_id) < (${after.createdAt}, ${after.jobId})`)
  return query.orderBy('created_at', 'desc').orderBy('job_id', 'desc').limit(limit).execute()
}

/** The oldest jobs of which the engine has not heard. */
export async function listJobsToHandOver(
  db: Kysely<Database>,
  limit: number,
): Promise<{ jobId: string; kind: JobKind }[]> {
  return db
    .selectFrom('jobs')
    .select(['job_id as jobId', 'kind'])
    .where('status', '=', 'waiting')
    .where('handed_over_at', 'is', null)
    .orderBy('created_at')
    .limit(limit)
    .execute()
}

export async function markHandedOver(db: Kysely<Database>, jobId: string): Promise<void> {
  await db
    .updateTable('jobs')
    .set({ handed_over_at: sql<Date>`now()` })
    .where('job_id', '=', jobId)
    .execute()
}

/**
 * Takes a job to work on it, also one that another worker began and left. Answers what it is about;
 * undefined when there is nothing to do: it is over, or there is no such job.
 */
export async function beginJob(
  db: Kysely<Database>,
  jobId: string,
): Promise<{ input: JsonObject } | undefined> {
  return db
    .updateTable('jobs')
    .set({
      status: 'running',
      progress: null,
      started_at: sql<Date>`coalesce(started_at, now())`,
    })
    .where('job_id', '=', jobId)
    .where('status', 'in', ['waiting', 'running'])
    .returning('input')
    .executeTakeFirst()
}

/** False when the job is not to be gone on with: somebody cancelled it. */
export async function updateProgress(
  db: Kysely<Database>,
  jobId: string,
  progress: object,
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ progress: jsonText(progress) })
    .where('job_id', '=', jobId)
    .where('status', '=', 'running')
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

/** Stores what a job found. One that was cancelled meanwhile stays so. */
export async function finishJob(
  db: Kysely<Database>,
  jobId: string,
  { progress, report }: { progress: object; report: object },
): Promise<void> {
  await db
    .updateTable('jobs')
    .set({
      status: 'done',
      progress: jsonText(progress),
      report: jsonText(report),
      finished_at: sql<Date>`now()`,
    })
    .where('job_id', '=', jobId)
    .where('status', '=', 'running')
    .execute()
}

/** Ends a job without a report. False when it was over already. */
export async function endJob(
  db: Kysely<Database>,
  jobId: string,
  { status, error }: { status: 'cancelled' | 'failed'; error: string | null },
): Promise<boolean> {
  const { numUpdatedRows } = await db
    .updateTable('jobs')
    .set({ status, error, finished_at: sql<Date>`now()` })
    .where('job_id', '=', jobId)
    .where('status', 'in', ['waiting', 'running'])
    .executeTakeFirst()
  return numUpdatedRows > 0n
}

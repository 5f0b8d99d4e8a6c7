import { sql, type Kysely, type Transaction } from 'kysely'
import type { Ramps } from '../domain/contact/ramp.ts'
import type { ScopeColumns } from '../domain/contact/stop-scope.ts'
import { CHANNELS, type ChannelName } from '../domain/journeys/values.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** Resumes under way that one look finds, and past ones that are shown. */
const OPEN_MAX = 1_000
const SHOWN_MAX = 10

/** Bringing back what a stop has parked, and how far that is. */
export interface ResumeRow extends ScopeColumns {
  readonly resumeId: string
  /** A channel that is missing is planned by the first round. */
  readonly ramp: Ramps
  /** When what it brings back was stopped. */
  readonly stoppedAt: Date
  /** `paused`: it was stopped again, and is over; the next resume takes up what is left. */
  readonly status: 'running' | 'paused' | 'done'
  readonly released: number
  readonly createdAt: Date
  readonly createdBy: string | null
  readonly updatedAt: Date
}

const COLUMNS = [
  'resume_id as resumeId',
  'scope',
  'name',
  'ramp',
  'stopped_at as stoppedAt',
  'status',
  'released',
  'created_at as createdAt',
  'created_by as createdBy',
  'updated_at as updatedAt',
] as const

/** Begins one. */
export async function insertResume(
  trx: Transaction<Database>,
  row: Omit<ResumeRow, 'status' | 'released' | 'updatedAt'>,
): Promise<void> {
  await trx
    .insertInto('resumes')
    .values({
      resume_id: row.resumeId,
      scope: row.scope,
      name: row.name,
      ramp: jsonText(row.ramp),
      stopped_at: row.stoppedAt,
      status: 'running',
      created_at: row.createdAt,
      created_by: row.createdBy,
      updated_at: row.createdAt,
    })
    .execute()
}

/** Held against other writers until `trx` ends. */
export async function lockResume(
  trx: Transaction<Database>,
  resumeId: string,
): Promise<ResumeRow | undefined> {
  return trx
    .selectFrom('resumes')
    .select(COLUMNS)
    .where('resume_id', '=', resumeId)
    .forUpdate()
    .executeTakeFirst()
}

export async function updateResume(
  trx: Transaction<Database>,
  {
    resumeId,
    ramp,
    status,
    released,
  }: Pick<ResumeRow, 'resumeId' | 'ramp' | 'status' | 'released'>,
  at: Date,
): Promise<void> {
  await trx
    .updateTable('resumes')
    .set({ ramp: jsonText(ramp), status, released, updated_at: at })
    .where('resume_id', '=', resumeId)
    .execute()
}

/** Ends those under way within a scope that is stopped again. */
export async function pauseResumes(
  trx: Transaction<Database>,
  { scope, name }: ScopeColumns,
  at: Date,
): Promise<void> {
  await trx
    .updateTable('resumes')
    .set({ status: 'paused', updated_at: at })
    .where('status', '=', 'running')
    .$if(scope !== 'all', (query) =>
      query.where('scope', '=', scope).where('name', 'is not distinct from', name),
    )
    .execute()
}

/** Ids of those that are being worked off. */
export async function listResumesUnderWay(db: Kysely<Database>): Promise<string[]> {
  const rows = await db
    .selectFrom('resumes')
    .select('resume_id')
    .where('status', '=', 'running')
    .orderBy('created_at')
    .limit(OPEN_MAX)
    .execute()
  return rows.map((row) => row.resume_id)
}

/** The newest ones, whatever has become of them. */
export async function listResumes(db: Kysely<Database>): Promise<ResumeRow[]> {
  return db
    .selectFrom('resumes')
    .select(COLUMNS)
    .orderBy('created_at', 'desc')
    .orderBy('resume_id')
    .limit(SHOWN_MAX)
    .execute()
}

/** How many were sent before a stop, without test customers: in the day before it, and in the last hour of that. */
export async function listVolumeBefore(
  db: Kysely<Database>,
  at: Date,
): Promise<Record<ChannelName, { perDay: number; perHour: number }>> {
  const { rows } = await sql<{ channel: ChannelName; perDay: number; lastHour: number }>`
    select d.channel, count(*)::int as "perDay",
      (count(*) filter (where d.at > ${at}::timestamptz - interval '1 hour'))::int as "lastHour"
    from deliveries d join customers c on c.customer_id = d.customer_id and not c.test
    where d.status = 'sent' and d.at > ${at}::timestamptz - interval '1 day'
      and d.at <= ${at}::timestamptz
    group by d.channel`.execute(db)
  const volumes = CHANNELS.map((channel) => {
    const { perDay = 0, lastHour = 0 } = rows.find((row) => row.channel === channel) ?? {}
    return [channel, { perDay, perHour: Math.max(lastHour, perDay / 24) }]
  })
  return Object.fromEntries(volumes) as Record<ChannelName, { perDay: number; perHour: number }>
}

import { sql, type Kysely, type Transaction } from 'kysely'
import { ENTERED_PER_SECOND, type AudienceEntry } from '../domain/journeys/journey.ts'
import type { Database, EntryRunStatus } from './schema.ts'

/** One entry of an audience into a journey, and how far it is. */
export interface EntryRun {
  readonly entryId: string
  readonly journey: string
  /** On the engine. */
  readonly workflowId: string
  readonly audience: string
  /** Content hash of the audience's version. */
  readonly audienceHash: string
  readonly status: EntryRunStatus
  readonly perSecond: number
  /** The last customer that was looked at, in the order of ids. */
  readonly after: string
  readonly looked: number
  readonly matching: number
  /** On whose data the condition failed. */
  readonly failed: number
  /** Who was made a candidate. */
  readonly entered: number
  readonly begunAt: Date
  /** Key of whoever began it; null: the schedule. */
  readonly begunBy: string | null
  readonly updatedAt: Date
}

const COLUMNS = [
  'entry_id as entryId',
  'journey',
  'workflow_id as workflowId',
  'audience',
  'audience_hash as audienceHash',
  'status',
  'per_second as perSecond',
  'after',
  'looked',
  'matching',
  'failed',
  'entered',
  'begun_at as begunAt',
  'begun_by as begunBy',
  'updated_at as updatedAt',
] as const

const runs = (db: Kysely<Database>) => db.selectFrom('entry_runs').select(COLUMNS)

/**
 * Begins an entry as the live version of the journey says, or answers the one that this workflow began.
 * Undefined: no live version is entered by an audience, or another entry is open.
 */
export async function openEntryRun(
  db: Kysely<Database>,
  run: Pick<EntryRun, 'entryId' | 'journey' | 'workflowId' | 'begunAt' | 'begunBy'>,
): Promise<EntryRun | undefined> {
  await sql`
    insert into entry_runs (entry_id, journey, workflow_id, audience, audience_hash, status, per_second,
      begun_at, begun_by, updated_at)
    select ${run.entryId}, v.key, ${run.workflowId}, entry.audience ->> 'key', entry.audience ->> 'hash',
      'running', coalesce((entry.audience ->> 'perSecond')::int, ${ENTERED_PER_SECOND}::int),
      ${run.begunAt}, ${run.begunBy}, ${run.begunAt}
    from journey_versions v
    cross join lateral (select v.definition #> '{entry,audience}' as audience) entry
    where v.key = ${run.journey} and v.status = 'live' and entry.audience ->> 'hash' is not null
    on conflict do nothing`.execute(db)
  return runs(db).where('workflow_id', '=', run.workflowId).executeTakeFirst()
}

export const findEntryRun = (
  db: Kysely<Database>,
  entryId: string,
): Promise<EntryRun | undefined> => runs(db).where('entry_id', '=', entryId).executeTakeFirst()

/** Held against other writers until `trx` ends. */
export const lockEntryRun = (
  trx: Transaction<Database>,
  entryId: string,
): Promise<EntryRun | undefined> =>
  runs(trx).where('entry_id', '=', entryId).forUpdate().executeTakeFirst()

/** Those that a workflow should be working off. */
export const listEntriesUnderWay = (db: Kysely<Database>): Promise<EntryRun[]> =>
  runs(db).where('status', '=', 'running').orderBy('entry_id').execute()

/** Of a journey, the newest first; `before`: those that began earlier. */
export const listEntryRuns = (
  db: Kysely<Database>,
  input: {
    readonly journey: string
    readonly limit: number
    readonly before?: Pick<EntryRun, 'begunAt' | 'entryId'> | undefined
  },
): Promise<EntryRun[]> =>
  runs(db)
    .where('journey', '=', input.journey)
    .$if(input.before !== undefined, (query) =>
      query.where(
        sql<boolean>`(begun_at, entry_id) < (${input.before?.begunAt}, ${input.before?.entryId})`,
      ),
    )
    .orderBy('begun_at', 'desc')
    .orderBy('entry_id', 'desc')
    .limit(input.limit)
    .execute()

export async function updateEntryRun(
  trx: Transaction<Database>,
  { entryId, status, perSecond, after, looked, matching, failed, entered }: EntryRun,
  at: Date,
): Promise<void> {
  await trx
    .updateTable('entry_runs')
    .set({
      status,
      per_second: perSecond,
      after,
      looked,
      matching,
      failed,
      entered,
      updated_at: at,
    })
    .where('entry_id', '=', entryId)
    .execute()
}

/** A live version that an audience enters. */
export interface LiveAudienceEntry {
  readonly journey: string
  readonly version: number
  readonly audience: AudienceEntry
}

export const listAudienceEntries = (db: Kysely<Database>): Promise<LiveAudienceEntry[]> =>
  db
    .selectFrom('journey_versions')
    .select([
      'key as journey',
      'version',
      sql<AudienceEntry>`definition #> '{entry,audience}'`.as('audience'),
    ])
    .where('status', '=', 'live')
    .where(sql<boolean>`definition #> '{entry,audience}' is not null`)
    .orderBy('key')
    .execute()

/** Whether any version, live or not, was ever to be entered by an audience at a time. */
export async function wasEverScheduled(db: Kysely<Database>): Promise<boolean> {
  const row = await db
    .selectFrom('journey_versions')
    .select('key')
    .where(sql<boolean>`definition #> '{entry,audience,at}' is not null`)
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/**
 * Who among these was told by a message id that is `prefix` and a customer's id: the customer's own, or
 * that of somebody who became the same person.
 */
export async function listEntered(
  trx: Transaction<Database>,
  { prefix, customerIds }: { readonly prefix: string; readonly customerIds: readonly string[] },
): Promise<ReadonlySet<string>> {
  const { rows } = await sql<{ id: string }>`
    select coalesce(c.merged_into, c.customer_id) as id from customers c
    join events e on e.message_id = ${prefix}::text || c.customer_id
    where c.customer_id = any(${[...customerIds]}::text[])
      or c.merged_into = any(${[...customerIds]}::text[])`.execute(trx)
  return new Set(rows.map(({ id }) => id))
}

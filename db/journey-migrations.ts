import { sql, type Kysely, type Transaction } from 'kysely'
import { jsonText } from './json-rows.ts'
import type { Database, MigrationStatus } from './schema.ts'

/** Migrations worked off at once that one look finds. There is at most one for each journey. */
const OPEN_MAX = 1_000

/** A plan that moves people from one version of a journey to another, and how far it is. */
export interface MigrationRow {
  readonly migrationId: string
  readonly journey: string
  readonly from: number
  readonly to: number
  /** Step of the old version → step of the new one, `exit` or `stay`. */
  readonly steps: Readonly<Record<string, string>>
  readonly resend: boolean
  /** Who is below it by hash is moved. */
  readonly share: number
  readonly perSecond: number
  readonly status: MigrationStatus
  readonly createdAt: Date
  readonly createdBy: string | null
  readonly updatedAt: Date
}

const COLUMNS = [
  'migration_id as migrationId',
  'journey',
  'from_version as from',
  'to_version as to',
  'steps',
  'resend',
  'share',
  'per_second as perSecond',
  'status',
  'created_at as createdAt',
  'created_by as createdBy',
  'updated_at as updatedAt',
] as const

export async function insertMigration(
  trx: Transaction<Database>,
  row: Omit<MigrationRow, 'status' | 'updatedAt'>,
): Promise<void> {
  await trx
    .insertInto('migrations')
    .values({
      migration_id: row.migrationId,
      journey: row.journey,
      from_version: row.from,
      to_version: row.to,
      steps: jsonText(row.steps),
      resend: row.resend,
      share: row.share,
      per_second: row.perSecond,
      status: 'running',
      created_at: row.createdAt,
      created_by: row.createdBy,
      updated_at: row.createdAt,
    })
    .execute()
}

/** One migration. */
export async function findMigration(
  db: Kysely<Database>,
  migrationId: string,
): Promise<MigrationRow | undefined> {
  return db
    .selectFrom('migrations')
    .select(COLUMNS)
    .where('migration_id', '=', migrationId)
    .executeTakeFirst()
}

/** The same, held against other writers until `trx` ends. */
export async function lockMigration(
  trx: Transaction<Database>,
  migrationId: string,
): Promise<MigrationRow | undefined> {
  return trx
    .selectFrom('migrations')
    .select(COLUMNS)
    .where('migration_id', '=', migrationId)
    .forUpdate()
    .executeTakeFirst()
}

/** At most `limit` migrations of a journey, newest first, older than `before`. */
export async function listMigrations(
  db: Kysely<Database>,
  {
    journey,
    limit,
    before,
  }: {
    journey: string
    limit: number
    before: { createdAt: Date; migrationId: string } | undefined
  },
): Promise<MigrationRow[]> {
  let query = db.selectFrom('migrations').select(COLUMNS).where('journey', '=', journey)
  if (before !== undefined)
    query = query.where(
      sql<boolean>`(created_at, migration_id) < (${before.createdAt}::timestamptz, ${before.migrationId}::text)`,
    )
  return query.orderBy('created_at', 'desc').orderBy('migration_id', 'desc').limit(limit).execute()
}

/** Ids of the migrations that are being worked off; of one journey where it is named. */
export async function listMigrationsUnderWay(
  db: Kysely<Database>,
  journey?: string,
): Promise<string[]> {
  const rows = await db
    .selectFrom('migrations')
    .select('migration_id')
    .where('status', 'in', ['running', 'undoing'])
    .$if(journey !== undefined, (query) => query.where('journey', '=', journey ?? ''))
    .orderBy('created_at')
    .limit(OPEN_MAX)
    .execute()
  return rows.map((row) => row.migration_id)
}

export async function updateMigration(
  trx: Transaction<Database>,
  migrationId: string,
  { status, share, at }: { status: MigrationStatus; share?: number; at: Date },
): Promise<void> {
  await trx
    .updateTable('migrations')
    .set({ status, updated_at: at, ...(share === undefined ? {} : { share }) })
    .where('migration_id', '=', migrationId)
    .execute()
}

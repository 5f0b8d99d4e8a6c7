import { sql, type Kysely, type Transaction } from 'kysely'
import type { RenewedVersion } from '../domain/library/renewal.ts'
import { jsonText } from './json-rows.ts'
import type { Database } from './schema.ts'

/** A text that was replaced everywhere at once. */
export interface RenewalRow {
  readonly renewalId: string
  readonly find: string
  readonly replace: string
  readonly note: string | null
  readonly published: readonly RenewedVersion[]
  readonly createdAt: Date
  readonly createdBy: string | null
  readonly undoneAt: Date | null
  readonly undoneBy: string | null
}

const COLUMNS = [
  'renewal_id as renewalId',
  'find',
  'replace',
  'note',
  'published',
  'created_at as createdAt',
  'created_by as createdBy',
  'undone_at as undoneAt',
  'undone_by as undoneBy',
] as const

export async function insertRenewal(
  trx: Transaction<Database>,
  row: Omit<RenewalRow, 'undoneAt' | 'undoneBy'>,
): Promise<void> {
  await trx
    .insertInto('renewals')
    .values({
      renewal_id: row.renewalId,
      find: row.find,
      replace: row.replace,
      note: row.note,
      published: jsonText(row.published),
      created_at: row.createdAt,
      created_by: row.createdBy,
    })
    .execute()
}

/** Held against other writers until `trx` ends. */
export const lockRenewal = (
  trx: Transaction<Database>,
  renewalId: string,
): Promise<RenewalRow | undefined> =>
  trx
    .selectFrom('renewals')
    .select(COLUMNS)
    .where('renewal_id', '=', renewalId)
    .forUpdate()
    .executeTakeFirst()

export async function markRenewalUndone(
  trx: Transaction<Database>,
  { renewalId, at, by }: { renewalId: string; at: Date; by: string | null },
): Promise<void> {
  await trx
    .updateTable('renewals')
    .set({ undone_at: at, undone_by: by })
    .where('renewal_id', '=', renewalId)
    .execute()
}

/** Newest first, older than `before`. */
export const listRenewals = (
  db: Kysely<Database>,
  { limit, before }: { limit: number; before: { createdAt: Date; renewalId: string } | undefined },
): Promise<RenewalRow[]> =>
  db
    .selectFrom('renewals')
    .select(COLUMNS)
    .$if(before !== undefined, (query) =>
      query.where(
        sql<boolean>`(created_at, renewal_id) < (${before?.createdAt}::timestamptz, ${before?.renewalId}::text)`,
      ),
    )
    .orderBy('created_at', 'desc')
    .orderBy('renewal_id', 'desc')
    .limit(limit)
    .execute()

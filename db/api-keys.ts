import { sql, type Kysely } from 'kysely'
import type { Scope } from '../domain/scopes.ts'
import type { Database } from './schema.ts'

export interface ApiKey {
  readonly keyId: string
  readonly name: string
  readonly scopes: readonly Scope[]
  readonly createdAt: Date
  readonly revokedAt: Date | null
}

const COLUMNS = [
  'key_id as keyId',
  'name',
  'scopes',
  'created_at as createdAt',
  'revoked_at as revokedAt',
] as const

/** The key with this secret, unless it was revoked. */
export async function findActiveKey(
  db: Kysely<Database>,
  secretHash: string,
): Promise<ApiKey | undefined> {
  const row = await db
    .selectFrom('api_keys')
    .select(COLUMNS)
    .where('secret_hash', '=', secretHash)
    .where('revoked_at', 'is', null)
    .executeTakeFirst()
  return row as ApiKey | undefined
}

/** Keys by id, revoked ones too, at most `limit` after `afterId`. */
export async function listKeys(
  db: Kysely<Database>,
  { limit, afterId }: { limit: number; afterId: string | undefined },
): Promise<ApiKey[]> {
  const rows = await db
    .selectFrom('api_keys')
    .select(COLUMNS)
    .$if(afterId !== undefined, (query) => query.where('key_id', '>', afterId ?? ''))
    .orderBy('key_id')
    .limit(limit)
    .execute()
  return rows as ApiKey[]
}

/** Whether somebody could still manage keys. */
export async function hasActiveAdminKey(db: Kysely<Database>): Promise<boolean> {
  const row = await db
    .selectFrom('api_keys')
    .select('key_id')
    .where('revoked_at', 'is', null)
    .where((eb) => eb(eb.val('admin'), '=', eb.fn.any('scopes')))
    .limit(1)
    .executeTakeFirst()
  return row !== undefined
}

/** Stores a key by the hash of its secret. A secret that had been ended is in force again. */
export async function insertKey(
  db: Kysely<Database>,
  key: { keyId: string; name: string; scopes: readonly Scope[]; secretHash: string },
): Promise<ApiKey> {
  const row = await db
    .insertInto('api_keys')
    .values({
      key_id: key.keyId,
      name: key.name,
      scopes: [...key.scopes],
      secret_hash: key.secretHash,
    })
    .onConflict((oc) =>
      oc.column('secret_hash').doUpdateSet({ revoked_at: null, scopes: [...key.scopes] }),
    )
    .returning(COLUMNS)
    .executeTakeFirstOrThrow()
  return row as ApiKey
}

/** Whether there is or was a key with this id. */
export async function isKey(db: Kysely<Database>, keyId: string): Promise<boolean> {
  const row = await db
    .selectFrom('api_keys')
    .select('key_id')
    .where('key_id', '=', keyId)
    .executeTakeFirst()
  return row !== undefined
}

/** Ends a key. Undefined when there is no active one with this id. */
export async function markKeyRevoked(
  db: Kysely<Database>,
  keyId: string,
): Promise<ApiKey | undefined> {
  const row = await db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`now()` })
    .where('key_id', '=', keyId)
    .where('revoked_at', 'is', null)
    .returning(COLUMNS)
    .executeTakeFirst()
  return row as ApiKey | undefined
}

/** Ends the active keys called `name`, except the one with this secret. */
export async function markNamedKeysRevoked(
  db: Kysely<Database>,
  { name, exceptHash }: { name: string; exceptHash: string | undefined },
): Promise<void> {
  await db
    .updateTable('api_keys')
    .set({ revoked_at: sql<Date>`now()` })
    .where('name', '=', name)
    .where('revoked_at', 'is', null)
    .$if(exceptHash !== undefined, (query) => query.where('secret_hash', '!=', exceptHash ?? ''))
    .execute()
}

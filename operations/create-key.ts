import type { Kysely } from 'kysely'
import { insertKey, type ApiKey } from '../db/api-keys.ts'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import type { Scope } from '../domain/scopes.ts'
import { hashSecret, newKey } from './key-secret.ts'

/** Makes a key. Its secret is in the answer and nowhere else. */
export async function createKey(
  { db }: { db: Kysely<Database> },
  { name, scopes, by }: { name: string; scopes: readonly Scope[]; by: string },
): Promise<ApiKey & { secret: string }> {
  const { keyId, secret } = newKey()
  const key = await db.transaction().execute(async (trx) => {
    const created = await insertKey(trx, {
      keyId,
      name,
      scopes: [...new Set(scopes)],
      secretHash: hashSecret(secret),
    })
    await recordCommand(trx, {
      keyId: by,
      action: 'key.create',
      target: `key/${keyId}`,
      before: null,
      after: { name, scopes: [...created.scopes] },
    })
    return created
  })
  return { ...key, secret }
}

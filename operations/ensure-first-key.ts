import { sql, type Kysely } from 'kysely'
import {
  findActiveKey,
  hasActiveAdminKey,
  insertKey,
  markNamedKeysRevoked,
} from '../db/api-keys.ts'
import type { Database } from '../db/schema.ts'
import { SCOPES } from '../domain/scopes.ts'
import { hashSecret, newKey } from './key-secret.ts'

/** Name of the key that `RUMBO_API_KEY` sets. */
const SETTING = 'RUMBO_API_KEY'
/** Held while keys are looked at and made, so that processes that start together make one. */
const LOCK = 7_212_001

/**
 * Makes sure that somebody can call the API: the key that the setting names, else one with all
 * scopes when no key could manage keys. `key` is the secret of a key made just now, to be shown
 * once; it is not stored. A value that the setting no longer has stops working.
 */
export async function ensureFirstKey({
  db,
  fixedKey,
}: {
  db: Kysely<Database>
  fixedKey?: string | undefined
}): Promise<{ key?: string }> {
  return db.transaction().execute(async (trx) => {
    await sql`select pg_advisory_xact_lock(${LOCK})`.execute(trx)
    const fixedHash = fixedKey === undefined ? undefined : hashSecret(fixedKey)
    await markNamedKeysRevoked(trx, { name: SETTING, exceptHash: fixedHash })
    const { keyId, secret } = newKey()
    if (fixedHash !== undefined) {
      if ((await findActiveKey(trx, fixedHash)) === undefined)
        await insertKey(trx, { keyId, name: SETTING, scopes: SCOPES, secretHash: fixedHash })
      return {}
    }
    if (await hasActiveAdminKey(trx)) return {}
    await insertKey(trx, {
      keyId,
      name: 'first key',
      scopes: SCOPES,
      secretHash: hashSecret(secret),
    })
    return { key: secret }
  })
}

import type { Kysely } from 'kysely'
import { hasActiveAdminKey, isKey, markKeyRevoked } from '../db/api-keys.ts'
import { recordCommand } from '../db/commands.ts'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'

/**
 * Ends a key at once in this process, within seconds in others. Ending it again changes nothing.
 *
 * @throws {DomainError} `not_found`; `conflict` when nobody could manage keys any more
 */
export async function revokeKey(
  { db }: { db: Kysely<Database> },
  { keyId, by }: { keyId: string; by: string },
): Promise<void> {
  await db.transaction().execute(async (trx) => {
    const key = await markKeyRevoked(trx, keyId)
    if (key === undefined) {
      if (await isKey(trx, keyId)) return
      throw new DomainError('not_found', `There is no key ${keyId}.`)
    }
    if (!(await hasActiveAdminKey(trx)))
      throw new DomainError(
        'conflict',
        `Key ${keyId} is the last one with scope admin. Make another one first.`,
      )
    await recordCommand(trx, {
      keyId: by,
      action: 'key.revoke',
      target: `key/${keyId}`,
      before: { name: key.name, scopes: [...key.scopes] },
      after: { revokedAt: (key.revokedAt as Date).toISOString() },
    })
  })
}

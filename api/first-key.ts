import { join } from 'node:path'
import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import { ensureFirstKey } from '../operations/ensure-first-key.ts'
import type { Config } from '../platform/config.ts'
import { keepSecret, readSecret } from '../platform/kept-secret.ts'

export interface FirstKey {
  /** Undefined where it is known to somebody else only, and stored nowhere here. */
  readonly key: string | undefined
  /** Made just now: to be shown, once. */
  readonly isNew: boolean
}

/**
 * The key with which this deployment is first spoken to: the one that the settings name, else one
 * with all scopes that the very first start makes and keeps in its data folder.
 */
export async function firstKey(
  db: Kysely<Database>,
  { apiKey, dataFolder }: Pick<Config, 'apiKey' | 'dataFolder'>,
): Promise<FirstKey> {
  const file = join(dataFolder, 'api-key')
  const { key } = await ensureFirstKey({ db, fixedKey: apiKey })
  if (key !== undefined) keepSecret(file, key)
  return { key: apiKey ?? key ?? readSecret(file), isNew: key !== undefined }
}

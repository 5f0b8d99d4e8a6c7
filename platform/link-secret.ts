import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from './config.ts'
import { ensureSecret } from './kept-secret.ts'

const SECRET_BYTES = 32

/**
 * What links in mails are signed with: the setting, else a secret made at the first start and kept
 * in the data folder. Processes that share no folder need the setting.
 */
export function findLinkSecret({
  linkSecret,
  dataFolder,
}: Pick<Config, 'linkSecret' | 'dataFolder'>): string {
  return (
    linkSecret ??
    ensureSecret(join(dataFolder, 'link-secret'), () =>
      randomBytes(SECRET_BYTES).toString('base64url'),
    )
  )
}

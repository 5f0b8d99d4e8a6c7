import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import type { Config } from '../platform/config.ts'
import { ensureSecret } from '../platform/kept-secret.ts'

const SECRET_BYTES = 32

/**
 * What webhooks are signed with: the setting, else a secret made at the first start and kept in the
 * data folder. Several workers that share no folder need the setting.
 */
export function findWebhookSecret({
  webhookSecret,
  dataFolder,
}: Pick<Config, 'webhookSecret' | 'dataFolder'>): string {
  return (
    webhookSecret ??
    ensureSecret(
      join(dataFolder, 'webhook-secret'),
      () => `whsec_${randomBytes(SECRET_BYTES).toString('base64')}`,
    )
  )
}

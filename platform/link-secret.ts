import type { Config } from './config.ts'
import { findSecret } from './kept-secret.ts'

/** What links in mails are signed with. */
export const findLinkSecret = ({
  linkSecret,
  dataFolder,
}: Pick<Config, 'linkSecret' | 'dataFolder'>): string =>
  findSecret(linkSecret, dataFolder, 'link-secret')

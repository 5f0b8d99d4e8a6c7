import type { Config } from './config.ts'
import { findSecret } from './kept-secret.ts'

/** What names of people who were erased are told by. */
export const findTombstoneSecret = ({
  tombstoneSecret,
  dataFolder,
}: Pick<Config, 'tombstoneSecret' | 'dataFolder'>): string =>
  findSecret(tombstoneSecret, dataFolder, 'tombstone-secret')

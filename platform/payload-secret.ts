import type { Config } from './config.ts'
import { findSecret } from './kept-secret.ts'

/** What the keys of customers' payloads are sealed by. */
export const findPayloadSecret = ({
  payloadSecret,
  dataFolder,
}: Pick<Config, 'payloadSecret' | 'dataFolder'>): string =>
  findSecret(payloadSecret, dataFolder, 'payload-secret')

/** What lets the engine's UI ask for payloads in the clear. */
export const findCodecToken = ({
  codecToken,
  dataFolder,
}: Pick<Config, 'codecToken' | 'dataFolder'>): string =>
  findSecret(codecToken, dataFolder, 'codec-token')

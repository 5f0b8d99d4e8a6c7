import type { HashedIdentifier } from '../../domain/channels/audience-sync.ts'
import type { AdPlatform } from '../../domain/journeys/values.ts'
import type { ChannelAnswer } from '../channel.ts'
import { answerOfReceiver } from '../receiver-answer.ts'
import type { SignedHttp } from '../signed-http.ts'

/** Identifiers that are to be on a list, or off it. */
export interface AudienceChange {
  /** The receiver drops a repeat of it. */
  readonly id: string
  readonly url: string
  readonly action: 'add' | 'remove'
  readonly platform: AdPlatform
  readonly list: string
  readonly identifiers: readonly HashedIdentifier[]
}

/** Tells a platform, or whoever speaks to it for us. Ends within `timeoutMs`. */
export async function postIdentifiers(
  http: SignedHttp,
  { id, url, action, platform, list, identifiers }: AudienceChange,
  timeoutMs: number,
): Promise<ChannelAnswer> {
  const body = JSON.stringify({ action, platform, list, identifiers })
  return answerOfReceiver(
    url,
    await http.call({ id, url, method: 'POST', body, test: false }, timeoutMs),
  )
}

import { createHash } from 'node:crypto'
import { hashedIdentifiers, type HashedIdentifier } from '../../domain/channels/audience-sync.ts'
import type { AudienceSyncContent } from '../../domain/journeys/journey.ts'
import type { Channel, ChannelAnswer } from '../channel.ts'
import { inStoreTime } from '../in-store-time.ts'
import { createSignedHttp, type SignedHttpSettings } from '../signed-http.ts'
import { postIdentifiers } from './post-identifiers.ts'

const CONCURRENCY_MAX = 50
/** So soon a removal that is under way is usually done. */
const PENDING_MS = 30_000
/** By then the message is made for the address that there is. */
const CHANGED_MS = 1_000

/** What a platform was given of whom, or is about to be. */
export interface Upload extends Pick<AudienceSyncContent, 'url' | 'list' | 'platform'> {
  readonly deliveryId: string
  readonly identifiers: readonly HashedIdentifier[]
}

/** Remembers what platforms were given, so that they can be told to forget it. */
export interface UploadBook {
  /**
   * Before it is sent. `forbidden`: the customer is gone, or has said no meanwhile. `removing`: what the
   * platform was given of this customer before is being taken back. `changed`: the customer's address is
   * another by now.
   */
  readonly remember: (
    upload: Upload,
  ) => Promise<'remembered' | 'forbidden' | 'removing' | 'changed'>
  /** After the platform was told to forget it. What else this list was given of the customer is to go too. */
  readonly forget: (upload: Upload) => Promise<void>
}

export interface AudienceSyncSettings extends SignedHttpSettings {
  readonly uploads: UploadBook
}

/**
 * Puts customers on lists of advertising platforms, and takes them off, by hashed identifiers: HTTP POST of
 * JSON, signed as webhooks are. `to` holds an identifier in each line, which leaves as a hash alone. The
 * receiver drops repeats.
 */
export function createAudienceSyncChannel({
  uploads,
  ...settings
}: AudienceSyncSettings): Channel<'audience_sync'> {
  const http = createSignedHttp(settings)
  const closed = new AbortController()

  const change = async (
    action: AudienceSyncContent['action'],
    { deliveryId: id, ...upload }: Upload,
    timeoutMs: number,
  ): Promise<ChannelAnswer> => {
    const known = { deliveryId: id, ...upload }
    if (action === 'add') {
      const verdict = await uploads.remember(known)
      if (verdict === 'forbidden') return { type: 'refused', reason: 'no_consent' }
      if (verdict === 'removing')
        return { type: 'unavailable', reason: 'removal_pending', afterMs: PENDING_MS }
      if (verdict === 'changed')
        return { type: 'unavailable', reason: 'address_changed', afterMs: CHANGED_MS }
    }
    const answer = await postIdentifiers(http, { ...upload, id, action }, timeoutMs)
    if (action === 'remove' && answer.type === 'sent') await uploads.forget(known)
    return answer
  }

  return {
    name: 'audience_sync',
    takesIdempotencyKey: true,
    concurrencyMax: CONCURRENCY_MAX,

    async send({ idempotencyKey: deliveryId, to, content }, timeoutMs) {
      if (closed.signal.aborted) return { type: 'unavailable', reason: 'closed' }
      const { action, url, list, platform } = content
      const upload = { deliveryId, url, list, platform, identifiers: hashedIdentifiers(to, sha256) }
      return inStoreTime(change(action, upload, timeoutMs), timeoutMs)
    },

    async close() {
      closed.abort()
      http.close()
    },
  }
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex')

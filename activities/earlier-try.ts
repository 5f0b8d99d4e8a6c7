import type { Channels } from '../channels/channel.ts'
import type { StoredDelivery } from '../db/sends.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { SendOutcome } from '../domain/actor/inputs.ts'
import { codeOf } from '../domain/customers/send-reason.ts'

/** Why a row is in doubt: it says `sending`, and nobody is. */
export const DIED_IN_CONVERSATION = 'died_in_conversation'

/** What an earlier try has settled; null while the message is still to be sent. */
export function storedOutcome({
  status,
  reason,
  providerId,
  at,
}: StoredDelivery): SendOutcome | null {
  const code = codeOf(reason ?? status)
  switch (status) {
    case 'sent':
      return { type: 'sent', atMs: at.getTime(), providerId }
    case 'failed':
      return { type: 'refused', reason: code }
    case 'dropped':
    case 'skipped':
      return { type: 'dropped', reason: code }
    case 'muted':
      return { type: 'muted' }
    case 'unknown':
      return { type: 'unknown', reason: code }
    case 'queued':
    case 'sending':
    case 'held':
    case 'parked':
      return null
  }
}

/** Whether a message in doubt goes out again, under the same id: where repeats are dropped, and where none may be missing. */
export const mayRepeat = (
  channels: Channels,
  request: Pick<DeliveryRequest, 'channel' | 'class'>,
): boolean => channels[request.channel].takesIdempotencyKey || request.class === 'service'

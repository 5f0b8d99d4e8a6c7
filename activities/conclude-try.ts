import type { ChannelAnswer } from '../channels/channel.ts'
import type { SendResult } from '../db/sends.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { SendOutcome } from '../domain/actor/inputs.ts'
import { withDetail } from '../domain/customers/send-reason.ts'
import { retryDelayMs } from '../domain/customers/send-retry.ts'
import { toIso } from '../domain/time.ts'

interface Conclusion {
  readonly outcome: SendOutcome
  readonly result: Omit<SendResult, 'at'>
}

/** What a channel's answer means to the actor, and to the row. */
export function conclude(
  request: DeliveryRequest,
  answer: ChannelAnswer,
  { nowMs, isRepeatable }: { nowMs: number; isRepeatable: boolean },
): Conclusion {
  if (answer.type === 'sent') {
    const { providerId } = answer
    return {
      outcome: { type: 'sent', atMs: nowMs, providerId },
      result: { status: 'sent', reason: null, providerId },
    }
  }
  const { type, reason, detail } = answer
  const unsent = (
    outcome: Exclude<SendOutcome, { type: 'sent' }>,
    status: SendResult['status'],
    why: string,
  ): Conclusion => ({
    outcome,
    result: { status, reason: withDetail(why, detail), providerId: null },
  })
  if (type === 'refused') return unsent({ type: 'refused', reason }, 'failed', reason)
  if (type === 'unknown' && !isRepeatable)
    return unsent({ type: 'unknown', reason }, 'unknown', reason)

  const providerMs = type === 'unavailable' ? answer.afterMs : undefined
  const atMs = nowMs + retryDelayMs(request.attempt, providerMs)
  if (atMs <= request.giveUpAtMs) {
    const why = `retry_at ${toIso(atMs)}: ${reason}`
    const doubt = type === 'unknown' ? { inDoubt: true as const } : {}
    return unsent({ type: 'retryAt', atMs, reason, ...doubt }, 'queued', why)
  }
  if (type === 'unknown') return unsent({ type: 'unknown', reason }, 'unknown', reason)
  const gaveUp = `gave_up: ${reason}`
  return unsent({ type: 'refused', reason: gaveUp }, 'failed', gaveUp)
}

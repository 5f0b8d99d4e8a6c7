import type { Kysely } from 'kysely'
import { holdSend, parkForStop } from '../db/parked-sends.ts'
import type { Database } from '../db/schema.ts'
import { storeSendResult, type SendFacts } from '../db/sends.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { SendOutcome } from '../domain/actor/inputs.ts'
import { withDetail } from '../domain/customers/send-reason.ts'
import { DIED_IN_CONVERSATION } from './earlier-try.ts'
import type { Unsendable } from './prepare-send.ts'

/** One try, with what SQL said when it began. */
export interface SendTry {
  readonly db: Kysely<Database>
  readonly request: DeliveryRequest
  readonly facts: SendFacts
  /** On the customer's clock. */
  readonly judgedAtMs: number
  /** An earlier try died in its conversation. */
  readonly isInDoubt: boolean
}

/** Whatever comes of a try: an earlier one that is in doubt may have gone out, and counts under the caps. */
export function told({ isInDoubt }: SendTry, outcome: SendOutcome): SendOutcome {
  const { type } = outcome
  if (!isInDoubt || type === 'sent' || type === 'muted' || type === 'unknown') return outcome
  return { ...outcome, inDoubt: true }
}

/** How a try says that the row of one in doubt may be changed: it knows that nobody is sending. */
export const asideOf = ({ judgedAtMs, isInDoubt }: SendTry) => ({
  at: new Date(judgedAtMs),
  isRepeat: isInDoubt,
})

/** Keeps the message back for now. */
export async function hold(
  current: SendTry,
  reason: string,
  untilMs: number | null,
): Promise<SendOutcome> {
  await holdSend(current.db, current.request, { ...asideOf(current), reason })
  return { type: 'held', untilMs, reason }
}

/**
 * Keeps the message back until what people have stopped is resumed.
 *
 * @throws {Error} where that has just happened: the try is made again
 */
export async function parkStopped(current: SendTry): Promise<SendOutcome> {
  const reason = await parkForStop(current.db, current.request, asideOf(current))
  if (reason === null) throw new Error('What was stopped has been resumed: trying again.')
  return { type: 'parked', reason }
}

/** Ends the delivery without sending; where an earlier try may have sent it, nobody knows (I2). */
export async function giveUp(
  current: SendTry,
  { type, reason, detail }: Unsendable,
): Promise<SendOutcome> {
  if (current.isInDoubt) return settleDoubt(current)
  const status = type === 'refused' ? 'failed' : type
  await store(current, status, withDetail(reason, detail))
  return { type: type === 'refused' ? 'refused' : 'dropped', reason }
}

/** Ends the delivery of which nobody knows whether it went out. */
export async function settleDoubt(current: SendTry): Promise<SendOutcome> {
  const reason = DIED_IN_CONVERSATION
  await store(current, 'unknown', reason)
  return { type: 'unknown', reason }
}

const store = (
  { db, request, judgedAtMs }: SendTry,
  status: 'failed' | 'dropped' | 'skipped' | 'unknown',
  reason: string,
): Promise<void> =>
  storeSendResult(db, request, { status, reason, providerId: null, at: new Date(judgedAtMs) })

import type { PolicyInForce } from '../db/policy-in-force.ts'
import { parkForCapacity } from '../db/parked-sends.ts'
import { claimSend, type Takings } from '../db/send-claims.ts'
import type { SendOutcome } from '../domain/actor/inputs.ts'
import { afterWarmUpDay } from '../domain/contact/warm-up.ts'
import { asideOf, hold, parkStopped, type SendTry } from './send-try.ts'
import { queuedAs } from './takings.ts'

/**
 * Takes the row, and with it what is scarce (I5). Null: the conversation may begin; else what became
 * of the try.
 *
 * @throws {Error} where another try has the row
 */
export async function claimTry(
  current: SendTry,
  {
    to,
    isFollowed,
    takings,
    policy,
    nowMs,
  }: {
    readonly to: string
    readonly isFollowed: boolean
    readonly takings: Takings
    readonly policy: PolicyInForce | undefined
    /** Real time. */
    readonly nowMs: number
  },
): Promise<SendOutcome | null> {
  const { db, request, facts } = current
  const aside = asideOf(current)
  const queued = queuedAs(request, facts.delivery, policy)
  const claimed = await claimSend(db, request, {
    ...aside,
    to,
    isFollowed,
    scarce: { takings, queued },
  })
  switch (claimed.type) {
    case 'claimed':
      return null
    case 'busy':
      throw new Error(`Another try of delivery ${request.deliveryId} is under way.`)
    case 'noCustomer':
      return { type: 'dropped', reason: 'no_customer' }
    case 'stopped':
      return parkStopped(current)
    case 'short': {
      const { name, seconds: cost } = claimed.need
      const reason = await parkForCapacity(db, request, { ...aside, name, cost })
      return { type: 'parked', reason }
    }
    case 'warmUp': {
      const reason = `warm_up:${takings.warmUp?.domain ?? ''}`
      return hold(current, reason, afterWarmUpDay(nowMs, request.deliveryId))
    }
  }
}

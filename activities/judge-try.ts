import type { PolicyInForce } from '../db/policy-in-force.ts'
import { findSendBars } from '../db/send-bars.ts'
import type { SendOutcome } from '../domain/actor/inputs.ts'
import { openingEvents } from '../domain/contact/opening-events.ts'
import { prepareSend, type ReadySend, type Ways } from './prepare-send.ts'
import { giveUp, hold, parkStopped, type SendTry } from './send-try.ts'

/** What the actor has not heard yet it will have heard by then; else it is held once more. */
const UNHEARD_AGAIN_MS = 2_000

/** The gate on what SQL says now (I4), but for what is scarce: the message, or what became of it. */
export async function judgeTry(
  current: SendTry,
  policy: PolicyInForce | undefined,
  ways: Ways,
): Promise<ReadySend | SendOutcome> {
  const { db, request, facts, judgedAtMs } = current
  const prepared = prepareSend(request, facts, { ways, policy, atMs: judgedAtMs })
  if (prepared.type === 'held') return hold(current, prepared.reason, prepared.untilMs)
  // Its own fault may be what was stopped: the run stays where it is, like all others.
  if (prepared.type === 'refused' && facts.stop !== null) return parkStopped(current)
  if (prepared.type !== 'ready') return giveUp(current, prepared)

  const openings = openingEvents(policy?.rules.exclusions ?? [], request)
  const { isBlocked, isUnheard } = await findSendBars(db, request, prepared.to, openings)
  if (isBlocked) return giveUp(current, { type: 'dropped', reason: 'address_blocked' })
  if (isUnheard) return hold(current, 'unheard_event', judgedAtMs + UNHEARD_AGAIN_MS)
  return facts.stop === null ? prepared : parkStopped(current)
}

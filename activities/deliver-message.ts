/**
 * One try of one message on one channel: load, judge, claim, send, store. What becomes of the run
 * is the actor's affair.
 *
 * I1  The row says `sending`, committed, before a conversation begins, and its outcome after it
 *     has ended. A row that says `sending` without a conversation is a try that died in doubt.
 * I2  Doubt is settled by whoever finds it: a channel that drops repeats, and class `service`, get
 *     the message again under the same id; everything else becomes `unknown` and is not sent again.
 * I3  A stored outcome is answered, never repeated.
 * I4  The gate is judged on what SQL says immediately before the claim.
 * I5  Reasons that reach the engine are codes; what a provider wrote stays in SQL.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { heartbeat as reportHeartbeat } from '@temporalio/activity'
import type { Kysely } from 'kysely'
import type { Channel, ChannelAnswer, Channels } from '../channels/channel.ts'
import type { Database } from '../db/schema.ts'
import { claimSend, findSendFacts, storeSendResult, type SendResult } from '../db/sends.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { SendOutcome } from '../domain/actor/inputs.ts'
import { withDetail } from '../domain/customers/send-reason.ts'
import { retryDelayMs } from '../domain/customers/send-retry.ts'
import { toIso } from '../domain/time.ts'
import type { LinkSubject } from '../platform/preference-link.ts'
import type { DeliveryActivities } from './contract.ts'
import { DIED_IN_CONVERSATION, mayRepeat, storedOutcome } from './earlier-try.ts'
import { MARKETING_PURPOSE, prepareSend, type Unsendable } from './prepare-send.ts'
import { withHeartbeat } from './with-heartbeat.ts'

/** A try, conversation and SQL together, takes at most this long. */
const TRY_MS_MAX = 30_000
/** Kept for storing the outcome, in so many tries. */
const STORE_MS_MAX = 5_000
const STORE_TRIES = 10

export interface DeliveryDeps {
  readonly db: Kysely<Database>
  readonly channels: Channels
  /** Where mails of test customers go that have no address for tests. Without it they are dropped. */
  readonly outboxChannel?: Channel<'email'>
  /** Where links in messages lead. Answers as soon as this deployment knows its own address. */
  readonly unsubscribeUrl: (subject: LinkSubject) => Promise<string>
  /** Real time. */
  readonly now: () => number
  /** Tells the engine that the try is alive. */
  readonly heartbeat?: () => void
}

/** The send activity of every channel. */
export function createDeliveryActivities({
  db,
  channels,
  outboxChannel,
  unsubscribeUrl: linkTo,
  now,
  heartbeat = reportHeartbeat,
}: DeliveryDeps): DeliveryActivities {
  const deliver: DeliveryActivities['deliverMessage'] = async ({ request, record }) => {
    const startedAtMs = now()
    // A test customer's clock is the actor's; everybody else's is the real one, which goes on
    // while a send waits in its queue.
    const actorNow = (): number => (request.test ? request.nowMs + (now() - startedAtMs) : now())
    const store = (result: Omit<SendResult, 'at'>, atMs = actorNow()): Promise<void> =>
      storeSendResult(db, request, { ...result, at: new Date(atMs) })

    if (record) await writeTurnRecord(db, record, null)
    const { customerId, channel, deliveryId } = request
    const purpose = MARKETING_PURPOSE
    const unsubscribeUrl = await linkTo({ customerId, purpose, channel, deliveryId })
    const facts = await findSendFacts(db, request)
    if (!facts) return { type: 'dropped', reason: 'no_customer' }
    const settled = facts.delivery && storedOutcome(facts.delivery)
    if (settled) return settled

    const isRepeatable = mayRepeat(channels, request)
    const isInDoubt = facts.delivery?.status === 'sending'
    const prepared = prepareSend(request, facts, { channels, outboxChannel, unsubscribeUrl })
    if (isInDoubt && (!isRepeatable || prepared.type !== 'ready')) {
      const reason = DIED_IN_CONVERSATION
      await store({ status: 'unknown', reason, providerId: null })
      return { type: 'unknown', reason }
    }
    if (prepared.type !== 'ready') {
      await store(unsentResult(prepared))
      return { type: prepared.type, reason: prepared.reason }
    }

    const claim = { to: prepared.to, at: new Date(actorNow()), isRepeat: isInDoubt }
    if (!(await claimSend(db, request, claim))) {
      throw new Error(`Another try of delivery ${request.deliveryId} is under way.`)
    }
    const leftMs = TRY_MS_MAX - STORE_MS_MAX - (now() - startedAtMs)
    // From here on a cancellation is not heard: the outcome of the conversation is the truth.
    const answer = await prepared.send(Math.max(leftMs, 1))
    const atMs = actorNow()
    const { outcome, result } = conclude(request, answer, { nowMs: atMs, isRepeatable })
    await persistently(() => store(result, atMs))
    return outcome
  }

  return { deliverMessage: (input) => withHeartbeat(heartbeat, () => deliver(input)) }
}

/** A database that is away for a moment must not turn what a provider said into doubt. */
async function persistently(work: () => Promise<void>): Promise<void> {
  for (let triesLeft = STORE_TRIES; triesLeft > 1; triesLeft--) {
    try {
      await work()
      return
    } catch {
      await sleep(STORE_MS_MAX / STORE_TRIES)
    }
  }
  await work()
}

function unsentResult({ type, reason, detail }: Unsendable): Omit<SendResult, 'at'> {
  const status = type === 'dropped' ? 'dropped' : 'failed'
  return { status, reason: withDetail(reason, detail), providerId: null }
}

interface Conclusion {
  readonly outcome: SendOutcome
  readonly result: Omit<SendResult, 'at'>
}

/** What a channel's answer means to the actor, and to the row. */
function conclude(
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
    return unsent({ type: 'retryAt', atMs, reason }, 'queued', why)
  }
  if (type === 'unknown') return unsent({ type: 'unknown', reason }, 'unknown', reason)
  const gaveUp = `gave_up: ${reason}`
  return unsent({ type: 'refused', reason: gaveUp }, 'failed', gaveUp)
}

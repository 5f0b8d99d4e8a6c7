/**
 * One try of one message on one channel: load, judge, claim, send, store. What becomes of the run
 * is the actor's affair.
 *
 * I1  The row says `sending`, committed, before a conversation begins, and its outcome after it
 *     has ended. A row that says `sending` without a conversation is a try that died in doubt.
 * I2  Doubt is settled by whoever finds it: a channel that drops repeats, and class `service`, get
 *     the message again under the same id; everything else becomes `unknown` and is not sent again.
 * I3  A stored outcome is answered, never repeated.
 * I4  The gate is judged on what SQL says immediately before the claim, in this order: the contact
 *     policy itself, what it says, what the actor has not heard, stops, then what is scarce. Stops
 *     once more with the claim.
 * I5  What is scarce is taken with the claim, and given back when certainly nothing went out.
 * I6  Reasons that reach the engine are codes; what a provider wrote stays in SQL.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { heartbeat as reportHeartbeat } from '@temporalio/activity'
import type { Kysely } from 'kysely'
import type { Channel, Channels } from '../channels/channel.ts'
import { holdSend, parkForCapacity, parkForStop } from '../db/parked-sends.ts'
import type { Database } from '../db/schema.ts'
import { findSendBars } from '../db/send-bars.ts'
import { claimSend, giveBack } from '../db/send-claims.ts'
import { findSendFacts, storeSendResult, type SendResult } from '../db/sends.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import type { SendOutcome } from '../domain/actor/inputs.ts'
import { openingEvents } from '../domain/contact/opening-events.ts'
import { afterWarmUpDay } from '../domain/contact/warm-up.ts'
import { withDetail } from '../domain/customers/send-reason.ts'
import type { LinkSubject } from '../platform/preference-link.ts'
import { conclude } from './conclude-try.ts'
import { createContactPolicies } from './contact-policies.ts'
import type { DeliveryActivities } from './contract.ts'
import { DIED_IN_CONVERSATION, mayRepeat, storedOutcome } from './earlier-try.ts'
import { MARKETING_PURPOSE, prepareSend, type Unsendable } from './prepare-send.ts'
import { queuedAs, takingsOf } from './takings.ts'
import { withHeartbeat } from './with-heartbeat.ts'

/** A try, conversation and SQL together, takes at most this long. */
const TRY_MS_MAX = 30_000
/** Kept for storing the outcome, in so many tries. */
const STORE_MS_MAX = 5_000
const STORE_TRIES = 10
/** What the actor has not heard yet it will have heard by then; else it is held once more. */
const UNHEARD_AGAIN_MS = 2_000

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
  const policyOf = createContactPolicies(db)
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
    const inDoubt = async (): Promise<SendOutcome> => {
      const reason = DIED_IN_CONVERSATION
      await store({ status: 'unknown', reason, providerId: null })
      return { type: 'unknown', reason }
    }
    if (isInDoubt && !isRepeatable) return inDoubt()
    // Whatever comes of this try: an earlier one may have gone out, and counts under the caps.
    const told = (outcome: SendOutcome): SendOutcome =>
      isInDoubt && outcome.type !== 'sent' && outcome.type !== 'muted' && outcome.type !== 'unknown'
        ? { ...outcome, inDoubt: true }
        : outcome
    // Decided under another policy: the actor, who keeps count for caps, is to decide again.
    if (facts.bookHash !== null && facts.policyHash !== (request.policy ?? null))
      return told({ type: 'stale', bookHash: facts.bookHash })

    const policy = await policyOf(facts.policyHash)
    const judgedAtMs = actorNow()
    const aside = { at: new Date(judgedAtMs), isRepeat: isInDoubt }
    const hold = async (reason: string, untilMs: number | null): Promise<SendOutcome> => {
      await holdSend(db, request, { ...aside, reason })
      return told({ type: 'held', untilMs, reason })
    }
    const parkStopped = async (): Promise<SendOutcome> => {
      const reason = await parkForStop(db, request, aside)
      if (reason === null) throw new Error('What was stopped has been resumed: trying again.')
      return told({ type: 'parked', reason })
    }

    const ways = { channels, outboxChannel, unsubscribeUrl }
    const prepared = prepareSend(request, facts, { ways, policy, atMs: judgedAtMs })
    if (prepared.type === 'held') return hold(prepared.reason, prepared.untilMs)
    if (prepared.type !== 'ready') {
      if (isInDoubt) return inDoubt()
      await store(unsentResult(prepared))
      return { type: prepared.type === 'refused' ? 'refused' : 'dropped', reason: prepared.reason }
    }
    const openings = openingEvents(policy?.rules.exclusions ?? [], request)
    const { isBlocked, isUnheard } = await findSendBars(db, request, prepared.to, openings)
    if (isBlocked) {
      if (isInDoubt) return inDoubt()
      const reason = 'address_blocked'
      await store({ status: 'dropped', reason, providerId: null })
      return { type: 'dropped', reason }
    }
    if (isUnheard) return hold('unheard_event', judgedAtMs + UNHEARD_AGAIN_MS)
    if (facts.stop !== null) return parkStopped()

    // The try in doubt has taken what it needs.
    const takings = takingsOf(request, {
      isExempt: isInDoubt || request.test || facts.test,
      needs: prepared.needs,
      mailDomain: channels.email.senderDomain,
      policy,
      nowMs: now(),
    })
    const claimed = await claimSend(db, request, {
      ...aside,
      to: prepared.to,
      scarce: { takings, queued: queuedAs(request, facts.delivery, policy) },
    })
    switch (claimed.type) {
      case 'claimed':
        break
      case 'busy':
        throw new Error(`Another try of delivery ${request.deliveryId} is under way.`)
      case 'stopped':
        return parkStopped()
      case 'short': {
        const { name, seconds: cost } = claimed.need
        const reason = await parkForCapacity(db, request, { ...aside, name, cost })
        return told({ type: 'parked', reason })
      }
      case 'warmUp':
        return hold(
          `warm_up:${takings.warmUp?.domain ?? ''}`,
          afterWarmUpDay(now(), request.deliveryId),
        )
    }
    const leftMs = TRY_MS_MAX - STORE_MS_MAX - (now() - startedAtMs)
    // From here on a cancellation is not heard: the outcome of the conversation is the truth.
    const answer = await prepared.send(Math.max(leftMs, 1))
    const atMs = actorNow()
    const { outcome, result } = conclude(request, answer, { nowMs: atMs, isRepeatable })
    await persistently(() => store(result, atMs))
    // The next try takes it again, where there is one.
    if (outcome.type === 'retryAt' || outcome.type === 'refused') await giveBack(db, takings)
    return told(outcome)
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
  const status = type === 'refused' ? 'failed' : type
  return { status, reason: withDetail(reason, detail), providerId: null }
}

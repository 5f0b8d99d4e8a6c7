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
 *     once more with the claim. A message at fault waits too while its scope is stopped.
 * I5  What is scarce is taken with the claim, and given back when certainly nothing went out.
 * I6  Reasons that reach the engine are codes; what a provider wrote stays in SQL.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import { heartbeat as reportHeartbeat } from '@temporalio/activity'
import type { Kysely } from 'kysely'
import type { Channels } from '../channels/channel.ts'
import { insertTickets } from '../db/push-tickets.ts'
import type { Database } from '../db/schema.ts'
import { giveBack, type Takings } from '../db/send-claims.ts'
import { findSendFacts, storeSendResult } from '../db/sends.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import type { SendOutcome } from '../domain/actor/inputs.ts'
import type { MailTracking } from '../domain/feedback/tracked-html.ts'
import type { ConfirmSubject } from '../platform/confirm-link.ts'
import type { LinkSubject } from '../platform/preference-link.ts'
import { buryAddresses } from './bury-addresses.ts'
import { claimTry } from './claim-try.ts'
import { conclude } from './conclude-try.ts'
import { findConfirmation } from './confirmation.ts'
import { createContactPolicies } from './contact-policies.ts'
import type { DeliveryActivities } from './contract.ts'
import { mayRepeat, storedOutcome } from './earlier-try.ts'
import { judgeTry } from './judge-try.ts'
import { MARKETING_PURPOSE, type ReadySend } from './prepare-send.ts'
import { settleDoubt, told, type SendTry } from './send-try.ts'
import { takingsOf } from './takings.ts'
import { withHeartbeat } from './with-heartbeat.ts'

/** A try, conversation and SQL together, takes at most this long. */
const TRY_MS_MAX = 30_000
/** Kept for storing the outcome, in so many tries. */
const STORE_MS_MAX = 5_000
const STORE_TRIES = 10

export interface DeliveryDeps {
  readonly db: Kysely<Database>
  readonly channels: Channels
  /** Where messages to test customers go that have no address for tests. Without it they are dropped. */
  readonly outbox?: Partial<Channels>
  /** Where links in messages lead. Answers as soon as this deployment knows its own address. */
  readonly unsubscribeUrl: (subject: LinkSubject) => Promise<string>
  readonly confirmUrl: (subject: ConfirmSubject) => Promise<string>
  /** What tells that a mail is opened and its links are followed. Absent: nothing does. */
  readonly trackingOf?: (deliveryId: string) => Promise<MailTracking>
  /** Real time. */
  readonly now: () => number
  /** Tells the engine that the try is alive. */
  readonly heartbeat?: () => void
}

/** The send activity of every channel. */
export function createDeliveryActivities({
  db,
  channels,
  outbox = {},
  unsubscribeUrl: linkTo,
  confirmUrl,
  trackingOf,
  now,
  heartbeat = reportHeartbeat,
}: DeliveryDeps): DeliveryActivities {
  const policyOf = createContactPolicies(db)

  const deliver: DeliveryActivities['deliverMessage'] = async ({ request, record }) => {
    const startedAtMs = now()
    if (record) await writeTurnRecord(db, record, null)
    const { customerId, channel, deliveryId } = request
    const unsubscribeUrl = await linkTo({
      customerId,
      purpose: MARKETING_PURPOSE,
      channel,
      deliveryId,
    })
    const facts = await findSendFacts(db, request)
    if (!facts) return { type: 'dropped', reason: 'no_customer' }
    const settled = facts.delivery && storedOutcome(facts.delivery)
    if (settled) return settled

    const isInDoubt = facts.delivery?.status === 'sending'
    const judgedAtMs = customerNow(request, startedAtMs)
    const current: SendTry = { db, request, facts, judgedAtMs, isInDoubt }
    if (isInDoubt && !mayRepeat(channels, request)) return settleDoubt(current)
    // Decided under another policy: the actor, who keeps count for caps, is to decide again.
    if (facts.bookHash !== null && facts.policyHash !== (request.policy ?? null))
      return told(current, { type: 'stale', bookHash: facts.bookHash })

    const policy = await policyOf(facts.policyHash)
    const confirmation = await findConfirmation(current, confirmUrl)
    const tracking = channel === 'email' ? await trackingOf?.(deliveryId) : undefined
    const ways = { channels, outbox, unsubscribeUrl, confirmation, tracking }
    const ready = await judgeTry(current, policy, ways)
    if (ready.type !== 'ready') return told(current, ready)
    const takings = takingsOf(request, {
      // The try in doubt has taken what it needs.
      isExempt: isInDoubt || request.test || facts.test,
      needs: ready.needs,
      senderDomain: channels[request.channel].senderDomain,
      policy,
      nowMs: now(),
    })
    const { to, isFollowed } = ready
    const unclaimed = await claimTry(current, { to, isFollowed, takings, policy, nowMs: now() })
    if (unclaimed !== null) return told(current, unclaimed)
    return told(current, await converse(request, ready, { takings, startedAtMs }))
  }

  /** From here on a cancellation is not heard: the outcome of the conversation is the truth. */
  const converse = async (
    request: DeliveryRequest,
    ready: ReadySend,
    { takings, startedAtMs }: { readonly takings: Takings; readonly startedAtMs: number },
  ): Promise<SendOutcome> => {
    const leftMs = TRY_MS_MAX - STORE_MS_MAX - (now() - startedAtMs)
    const answer = await ready.send(Math.max(leftMs, 1))
    const atMs = customerNow(request, startedAtMs)
    await persistently(() => buryAddresses(db, request, answer, now()))
    // Before the outcome: who dies in between sends again, and then has tickets for both.
    if (answer.type === 'sent')
      await persistently(() => insertTickets(db, request, answer.tickets ?? []))
    const isRepeatable = mayRepeat(channels, request)
    const { outcome, result } = conclude(request, answer, { nowMs: atMs, isRepeatable })
    await persistently(() => storeSendResult(db, request, { ...result, at: new Date(atMs) }))
    // The next try takes it again, where there is one.
    if (outcome.type === 'retryAt' || outcome.type === 'refused')
      await persistently(() => giveBack(db, takings))
    return outcome
  }

  /**
   * A test customer's clock is the actor's; everybody else's is the real one, which goes on while a
   * send waits in its queue.
   */
  const customerNow = ({ test, nowMs }: DeliveryRequest, startedAtMs: number): number =>
    test ? nowMs + (now() - startedAtMs) : now()

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

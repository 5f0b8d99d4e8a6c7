import { createHash } from 'node:crypto'
import {
  claimFeedbackToken,
  countFeedback,
  findFeedbackDelivery,
  type FeedbackDelivery,
} from '../db/feedback.ts'
import { removeDevices } from '../db/devices.ts'
import { markReaction } from '../db/reactions.ts'
import { insertBlockedAddresses } from '../db/blocked-addresses.ts'
import { channelSpec } from '../domain/channels/index.ts'
import { arrivalEvent, REPORTING_CHANNELS } from '../domain/feedback/arrival-event.ts'
import { blockedBy, type BlockedAddress } from '../domain/contact/blocked-address.ts'
import { DomainError } from '../domain/errors.ts'
import {
  feedbackEvent,
  type DeliveryFeedback,
  type FeedbackEvent,
  type MailFeedback,
} from '../domain/feedback/feedback-event.ts'
import type { Notice } from '../domain/feedback/feedback.ts'
import type { ChannelName } from '../domain/journeys/values.ts'
import type { Log } from '../platform/log.ts'
import { appendEvent, lockCustomer, type LockedCustomer } from './append-command.ts'
import type { CustomerCommandDeps } from './set-consent.ts'

/** How feedback comes in. */
export type FeedbackSource =
  | 'smtp'
  | 'link'
  | 'sendgrid'
  | 'mailgun'
  | 'postmark'
  | 'ses'
  | 'twilio'
  | 'vonage'
  | 'expo'

/**
 * What became of it. Only what was `recorded` changed something. `unknown`: about no message of ours, or of
 * somebody who is not there any more. `forged`: not from whom it says. `unread`: not understood.
 * `nothing`: understood, and nothing follows from it.
 */
export type FeedbackVerdict = 'recorded' | 'repeated' | 'unknown' | 'forged' | 'unread' | 'nothing'

export interface FeedbackDeps extends CustomerCommandDeps {
  readonly log: Log
}

export interface ReceivedFeedback {
  readonly source: FeedbackSource
  /** Whose delivery it is about, as a signature of ours or of the provider says; undefined: nobody's. */
  readonly deliveryId: string | undefined
  /** What the provider knows the message by, of a mail its Message-ID. It must be that of the delivery. */
  readonly messageId?: string
  /** Null: not understood. */
  readonly feedback: DeliveryFeedback | Notice | null
}

/**
 * Takes what came back of a message: an event in the log of its customer, a mark on the delivery and, where the
 * address is not to be used any more, its exclusion, in one transaction. A repeat changes nothing, nor does what is about no
 * message of ours. Counted either way.
 */
export async function receiveFeedback(
  deps: FeedbackDeps,
  received: ReceivedFeedback,
): Promise<FeedbackVerdict> {
  const { source, feedback } = received
  const verdict = await judge(deps, received)
  await count(deps, { source, kind: feedback?.kind ?? 'none', verdict })
  return verdict
}

/** Counts what is not from whom it says, and changes nothing else. */
export async function refuseForged(deps: FeedbackDeps, source: FeedbackSource): Promise<void> {
  await count(deps, { source, kind: 'none', verdict: 'forged' })
}

/**
 * Whether a token, whose signature says nothing of the body it came with, came with no other body. It is
 * remembered for `keptMs`.
 */
export async function isTokenOfBody(
  { db, now }: Pick<FeedbackDeps, 'db' | 'now'>,
  { provider, token, body }: { provider: FeedbackSource; token: string; body: Uint8Array },
  keptMs: number,
): Promise<boolean> {
  const bodyHash = createHash('sha256').update(body).digest('base64url')
  const used = { at: new Date(now()), forget: new Date(now() - keptMs) }
  return claimFeedbackToken(db, { provider, token, bodyHash }, used)
}

async function count(
  { db, log, now }: FeedbackDeps,
  counted: { source: FeedbackSource; kind: string; verdict: FeedbackVerdict },
): Promise<void> {
  await countFeedback(db, counted, new Date(now()))
  const { verdict } = counted
  if (verdict === 'unknown' || verdict === 'forged' || verdict === 'unread')
    log.info(counted, 'Feedback that changes nothing')
}

async function judge(
  deps: FeedbackDeps,
  { deliveryId, messageId, feedback }: ReceivedFeedback,
): Promise<FeedbackVerdict> {
  if (feedback === null) return 'unread'
  if (feedback.kind === 'notice') return 'nothing'
  const channels = isOfMail(feedback) ? (['email'] as const) : REPORTING_CHANNELS
  const delivery =
    deliveryId === undefined ? undefined : await findFeedbackDelivery(deps.db, deliveryId, channels)
  if (delivery === undefined) return 'unknown'
  const { providerId } = delivery
  if (messageId !== undefined && providerId !== null && messageId !== providerId) return 'unknown'
  try {
    return (await record(deps, delivery, feedback)) ? 'recorded' : 'repeated'
  } catch (error) {
    // Erased, or about to be.
    if (error instanceof DomainError && error.code === 'not_found') return 'unknown'
    throw error
  }
}

/** Whether it was new. */
async function record(
  deps: FeedbackDeps,
  delivery: FeedbackDelivery,
  feedback: DeliveryFeedback,
): Promise<boolean> {
  const told = await deps.db.transaction().execute(async (trx) => {
    const customer = await lockCustomer(trx, deps.rules, delivery.customerId)
    const atMs = deps.now() + customer.profile.clockOffsetMs
    const event = isOfMail(feedback)
      ? feedbackEvent(feedback, delivery, atMs)
      : arrivalEvent(feedback, delivery)
    const { name, marks } = event
    if (name !== null && !(await appendEvent(trx, customer, { ...event, name, atMs }))) return null
    const isMarked =
      marks !== null &&
      (await markReaction(trx, delivery.deliveryId, { kind: marks, at: new Date(atMs) }))
    if (name === null) return isMarked ? customer.profile.customerId : null
    if (!isOfMail(feedback) && feedback.device !== undefined && event.blocks !== null) {
      const { token, ticketId } = feedback.device
      const { customerId } = customer.profile
      const gone = { customerId, tokens: [token], reason: event.blocks, by: ticketId }
      await removeDevices(trx, { ...gone, nowMs: deps.now() })
    }
    const blocked = blockedWith({ ...event, name }, { customer, channel: delivery.channel, atMs })
    await insertBlockedAddresses(
      trx,
      blocked.map((each) => ({ ...each, atMs })),
    )
    return customer.profile.customerId
  })
  if (told !== null) deps.onPending([told])
  return told !== null
}

const isOfMail = (feedback: DeliveryFeedback): feedback is MailFeedback =>
  feedback.kind !== 'delivered' && feedback.kind !== 'undelivered'

/** By itself, and by rules of the contact policy that name the event. */
function blockedWith(
  { name, properties, address: told, blocks }: FeedbackEvent & { readonly name: string },
  { customer, channel, atMs }: { customer: LockedCustomer; channel: ChannelName; atMs: number },
): BlockedAddress[] {
  const rules = customer.book.contact?.exclusions ?? []
  const event = { name, properties, occurredAtMs: atMs, receivedAtMs: atMs }
  const byRules = blockedBy(rules, event, customer.profile)
  // A device is taken from its customer; there is no address that could be anybody's.
  if (channel === 'push') return byRules
  const address = channelSpec(channel).plain(told)
  const isBlocked = byRules.some((each) => each.channel === channel && each.address === address)
  if (blocks === null || isBlocked) return byRules
  return [...byRules, { channel, address, reason: blocks, source: `event ${name}` }]
}

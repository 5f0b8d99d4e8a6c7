import type { MessageClass } from '../journeys/journey.ts'
import type { Condition } from '../journeys/values.ts'
import type { Verdict } from '../contact/gate.ts'
import { count } from './contacts.ts'
import { HANDLED_MAX } from './customer-state.ts'
import type { BatchItem } from './inputs.ts'
import { holds, note, patch, scopeOf, type Turn } from './turn.ts'
import { verdictOf } from './verdicts.ts'

/** Outcomes of offers that are kept for those who wait for them. */
const OFFERS_KEPT = HANDLED_MAX

/** What somebody would show a customer on a channel of theirs, as far as it must be judged. */
export interface Offer {
  readonly id: string
  readonly class: MessageClass
  /** Where it would be shown: one of our channels, or a name of the caller's. */
  readonly channel: string
  /** The journey that it is part of: caps of that journey count it. */
  readonly journey?: string
  readonly when?: Condition
}

export interface OfferBar {
  readonly gate: 'condition' | 'contact'
  readonly reason: string
}

/** Why an offer may not be shown now, by the gate that all messages pass; null when it may. */
export function offerBar(turn: Turn, offer: Offer, atMs: number): OfferBar | null {
  const { id, class: messageClass, channel, when } = offer
  const place = { journey: `offer:${id}`, version: 0, path: '/when' }
  if (!holds(turn, when, place, scopeOf(turn, atMs, null, null)))
    return { gate: 'condition', reason: 'Its condition does not hold for this customer.' }
  const verdict = verdictOf(turn, {
    class: messageClass,
    channel,
    journey: journeyOf(offer),
  })
  const reason = whyNot(verdict)
  return reason === null ? null : { gate: 'contact', reason }
}

/** An offer cannot wait, and nothing can stand in for it. */
function whyNot(verdict: Verdict): string | null {
  if (verdict.type !== 'send') return verdict.reason
  return verdict.instead === undefined ? null : `replaced by ${verdict.instead}`
}

/**
 * Somebody is about to show an offer. Where the gate lets it pass it counts for caps from this instant
 * on, like a message that went out; else nothing is counted, and whoever asked is told why.
 */
export function takeOffer(
  turn: Turn,
  { seq, receivedAtMs, offer }: Extract<BatchItem, { type: 'offer' }>,
): void {
  const { id, class: messageClass, channel } = offer
  const bar = offerBar(turn, offer, receivedAtMs)
  const data = { offer: id, channel, class: messageClass, reason: bar?.reason ?? null }
  if (bar === null) {
    count(turn, {
      key: `offer:${id}:${seq}`,
      atMs: receivedAtMs,
      channel,
      class: messageClass,
      journey: journeyOf(offer),
    })
    note(turn, 'offer', receivedAtMs, `offer ${id} on ${channel}`, data)
  } else note(turn, 'offer', receivedAtMs, `offer ${id} on ${channel} refused: ${bar.reason}`, data)
  const outcome = { seq, refused: bar?.reason ?? null }
  patch(turn, { offers: [...(turn.state.offers ?? []), outcome].slice(-OFFERS_KEPT) })
}

const journeyOf = ({ id, journey }: Offer): string => journey ?? `offer:${id}`

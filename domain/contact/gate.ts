import type { Contact } from '../actor/customer-state.ts'
import type { DeliveryRequest } from '../actor/effects.ts'
import type { MessageClass } from '../journeys/journey.ts'
import type { SendWindow } from '../journeys/values.ts'
import { cappedBy } from './caps.ts'
import { excludedBy } from './excluded.ts'
import { matrixAction } from './matrix.ts'
import type { ReactionCounters } from './fatigue.ts'
import type { ContactRules, Exclusion, OnCap } from './policy.ts'
import { restOf } from './resting.ts'

/** What a verdict is made of, as the actor, SQL or a simulation knows it. */
export interface GateFacts {
  readonly class: MessageClass
  readonly channel: string
  readonly journey: string
  /** Consent for purpose `marketing` on this channel; nothing recorded means no. */
  readonly marketingGranted: boolean
  readonly hasAddress: boolean
  /** Also those that have ended, or are still to come into force. */
  readonly exclusions: readonly Exclusion[]
  /** The customer's group by the policy; null for none. */
  readonly group: string | null
  /** What counts for caps. Empty where somebody else keeps count: the actor does. */
  readonly contacts: readonly Contact[]
  /** What says when the customer last reacted, for those who keep count. */
  readonly counters: ReactionCounters
  /** The customer's own zone; null where nothing says where the customer lives. */
  readonly zone: string | null
  /** The windows of the step; undefined for any time. */
  readonly sendWindow: readonly SendWindow[] | undefined
  /** The step's own answer to a cap. */
  readonly onCap: OnCap | undefined
  /** Decides the place among those that are released together. */
  readonly spreadKey: string
}

/** Reasons are codes: `docs/contact-gate.md` lists them. */
export type Verdict =
  /** `instead`: a message of the policy takes its place. */
  | { readonly type: 'send'; readonly instead?: string }
  /** Not at all: the next channel is tried. */
  | { readonly type: 'drop'; readonly reason: string }
  /** A cap is full: another channel is tried, and where none is left it is as good as skipped. */
  | { readonly type: 'otherChannel'; readonly reason: string }
  /** Not at all, on no channel. */
  | { readonly type: 'skip'; readonly reason: string }
  /** Not now. Null: until something changes. */
  | { readonly type: 'hold'; readonly reason: string; readonly untilMs: number | null }

type Rules = Pick<
  ContactRules,
  'zone' | 'caps' | 'fatigue' | 'quietHours' | 'sendWindows' | 'matrix'
>

/** Of those who published no policy. */
const NO_RULES: Rules = { caps: [], quietHours: [], sendWindows: [], matrix: [] }

/**
 * Whether one message may go to one customer on one channel, now. The one place where that is decided:
 * the actor asks before it wants a send, the send activity asks again immediately before the call.
 *
 * In this order, and the first that has something against it decides: consent, address, matrix,
 * exclusions, quiet hours and send windows, caps and fatigue. What forbids for good goes before what passes, so
 * that nothing is held that will never be sent.
 */
export function judge(facts: GateFacts, rules: ContactRules | undefined, atMs: number): Verdict {
  const { matrix, ...others } = rules ?? NO_RULES
  const forbidden = forbiddenBy(facts, rules)
  if (forbidden !== null) return { type: 'drop', reason: forbidden }
  const action = matrixAction(matrix, facts)
  if (action === 'hold') return { type: 'hold', reason: cellOf(facts), untilMs: null }

  const exclusion = excludedBy(facts.exclusions, facts, atMs)
  if (exclusion !== null)
    return { type: 'hold', reason: `excluded:${exclusion.reason}`, untilMs: exclusion.untilMs }

  const rest = restOf(facts, others, atMs)
  if (rest !== null) return { type: 'hold', ...rest }

  const capped = cappedBy(facts, others, atMs)
  if (capped !== null) {
    const { answer, reason, freeAtMs } = capped
    return answer === 'hold'
      ? { type: 'hold', reason, untilMs: freeAtMs }
      : { type: answer, reason }
  }
  return typeof action === 'string' ? { type: 'send' } : { type: 'send', instead: action.replace }
}

/** What forbids a message at whatever time; null where nothing does. No clock is asked, so it is cheap. */
export function forbiddenBy(
  facts: Pick<GateFacts, 'class' | 'channel' | 'group' | 'marketingGranted' | 'hasAddress'>,
  rules: Pick<ContactRules, 'matrix'> | undefined,
): string | null {
  if (facts.class === 'marketing' && !facts.marketingGranted) return 'no_consent'
  if (!facts.hasAddress) return 'no_address'
  return matrixAction((rules ?? NO_RULES).matrix, facts) === 'drop' ? cellOf(facts) : null
}

const cellOf = ({ group }: Pick<GateFacts, 'group'>): string =>
  group === null ? 'matrix' : `matrix:${group}`

/**
 * What a send that the actor has let through says of itself, for those who judge it once more. Caps
 * and fatigue are not counted again: the actor has reserved its place.
 */
export const sentAs = (request: DeliveryRequest) => ({
  class: request.class,
  channel: request.channel,
  journey: request.journey,
  group: request.group ?? null,
  contacts: [],
  counters: {},
  sendWindow: request.sendWindow,
  onCap: undefined,
  spreadKey: request.deliveryId,
})

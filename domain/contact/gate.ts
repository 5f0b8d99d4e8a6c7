import type { Contact } from '../actor/customer-state.ts'
import type { DeliveryRequest } from '../actor/effects.ts'
import type { MessageClass } from '../journeys/journey.ts'
import type { ChannelName, SendWindow } from '../journeys/values.ts'
import type { ContactRules, Exclusion, OnCap } from './policy.ts'

/** What a verdict is made of, as the actor, SQL or a simulation knows it. */
export interface GateFacts {
  readonly class: MessageClass
  readonly channel: ChannelName
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
  /** The customer's own zone; null where nothing says where the customer lives. */
  readonly zone: string | null
  /** The windows of the step; undefined for any time. */
  readonly sendWindow: readonly SendWindow[] | undefined
  /** The step's own answer to a cap. */
  readonly onCap: OnCap | undefined
  /** Decides the place among those that are released together. */
  readonly spreadKey: string
}

export type Verdict =
  /** `instead`: a message of the policy takes its place. */
  | { readonly type: 'send'; readonly instead?: string }
  /** Not at all: the next channel is tried. */
  | { readonly type: 'drop'; readonly reason: string }
  /** Not at all, on no channel. */
  | { readonly type: 'skip'; readonly reason: string }
  /** Not now. Null: until something changes. */
  | { readonly type: 'hold'; readonly reason: string; readonly untilMs: number | null }

/**
 * Whether one message may go to one customer on one channel, now. The one place where that is decided:
 * the actor asks before it wants a send, the send activity asks again immediately before the call.
 */
export function judge(facts: GateFacts, _rules: ContactRules | undefined, _atMs: number): Verdict {
  if (facts.class === 'marketing' && !facts.marketingGranted)
    return { type: 'drop', reason: 'no_consent' }
  if (!facts.hasAddress) return { type: 'drop', reason: 'no_address' }
  return { type: 'send' }
}

/**
 * What a send that the actor has let through says of itself, for those who judge it once more. Caps
 * are not counted again: the actor has reserved its place.
 */
export const sentAs = (request: DeliveryRequest) => ({
  class: request.class,
  channel: request.channel,
  journey: request.journey,
  group: request.group ?? null,
  contacts: [],
  sendWindow: request.sendWindow,
  onCap: undefined,
  spreadKey: request.deliveryId,
})

/** Whether a channel needs an address of the customer; a webhook goes where its message says. */
export const needsAddress = (channel: ChannelName): boolean => channel === 'email'

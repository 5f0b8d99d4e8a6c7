import type { MessageClass } from '../journeys/journey.ts'
import type { ChannelName } from '../journeys/values.ts'

/** What a verdict is made of, as the actor or SQL knows it. */
export interface GateFacts {
  readonly class: MessageClass
  /** Consent for purpose `marketing` on this channel; nothing recorded means no. */
  readonly marketingGranted: boolean
  readonly hasAddress: boolean
}

export type Verdict =
  | { readonly type: 'send' }
  | { readonly type: 'drop'; readonly reason: 'no_consent' | 'no_address' }

/**
 * Whether one message may go to one customer on one channel. The one place where that is decided:
 * the actor asks before it wants a send, the send activity asks again immediately before the call.
 */
export function judge({ class: messageClass, marketingGranted, hasAddress }: GateFacts): Verdict {
  if (messageClass === 'marketing' && !marketingGranted)
    return { type: 'drop', reason: 'no_consent' }
  if (!hasAddress) return { type: 'drop', reason: 'no_address' }
  return { type: 'send' }
}

/** Whether a channel needs an address of the customer; a webhook goes where its message says. */
export const needsAddress = (channel: ChannelName): boolean => channel === 'email'

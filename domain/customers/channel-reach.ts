import { usableEmail } from '../contact/usable-address.ts'
import type { ChannelName } from '../journeys/values.ts'
import type { JsonObject } from '../json.ts'

/** Whether a channel leads to a customer, and the first thing that keeps it from it. */
export interface ChannelReach {
  readonly channel: ChannelName
  readonly reachable: boolean
  /** `no_address`, `address_blocked`, `disposable`; null where nothing does. */
  readonly because: string | null
  /** Consent for marketing; other classes need none. */
  readonly marketing: boolean
}

/** The channels to one customer. A webhook goes where its message says, so it always leads there. */
export function channelReach(known: {
  readonly traits: JsonObject
  readonly emailBlocked: boolean
  readonly isDisposable: boolean
  /** Channels with consent for marketing. */
  readonly marketing: readonly string[]
}): ChannelReach[] {
  const because =
    usableEmail(known.traits) === null
      ? 'no_address'
      : known.emailBlocked
        ? 'address_blocked'
        : known.isDisposable
          ? 'disposable'
          : null
  const marketing = (channel: ChannelName): boolean => known.marketing.includes(channel)
  return [
    { channel: 'email', reachable: because === null, because, marketing: marketing('email') },
    { channel: 'webhook', reachable: true, because: null, marketing: marketing('webhook') },
  ]
}

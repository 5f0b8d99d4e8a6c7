import { addressTrait } from '../channels/address-trait.ts'
import { channelSpec } from '../channels/index.ts'
import { CHANNELS, type ChannelName } from '../journeys/values.ts'
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

interface Known {
  readonly traits: JsonObject
  /** Tokens of devices that can be pushed to. */
  readonly devices: readonly string[]
  /** Channels on which the address is not to be used any more. */
  readonly blocked: readonly string[]
  /** Traits whose value is given away for minutes. */
  readonly disposable: readonly string[]
  /** Channels with consent for marketing. */
  readonly marketing: readonly string[]
}

/** The channels to one customer. One that needs no address leads to everybody. */
export function channelReach(known: Known): ChannelReach[] {
  return CHANNELS.map((channel) => {
    const because = obstacleOn(channel, known)
    const marketing = known.marketing.includes(channel)
    return { channel, reachable: because === null, because, marketing }
  })
}

function obstacleOn(
  channel: ChannelName,
  { traits, devices, blocked, disposable }: Known,
): string | null {
  const trait = addressTrait(channel)
  if (trait === null) return null
  if (channelSpec(channel).destination(traits, undefined, devices) === null) return 'no_address'
  if (blocked.includes(channel)) return 'address_blocked'
  return disposable.includes(trait) ? 'disposable' : null
}

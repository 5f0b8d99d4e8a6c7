import { channelReach, type ChannelReach } from '../customers/channel-reach.ts'
import { readEmail } from '../customers/email-address.ts'
import type { PossibleMember } from './membership.ts'

/** The channels to one customer, by what is stored. */
export function memberReach({
  traits,
  devices,
  blocked,
  consents,
}: Pick<PossibleMember, 'traits' | 'devices' | 'blocked' | 'consents'>): ChannelReach[] {
  const { email } = traits
  const read = typeof email === 'string' ? readEmail(email) : null
  const granted = Object.entries(consents['marketing'] ?? {})
  return channelReach({
    traits,
    devices,
    blocked,
    disposable: read?.ok === true && read.disposable ? ['email'] : [],
    marketing: granted.flatMap(([channel, isGranted]) => (isGranted ? [channel] : [])),
  })
}

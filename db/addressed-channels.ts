import { sql, type RawBuilder } from 'kysely'
import type { ChannelName } from '../domain/journeys/values.ts'

interface AddressedChannel {
  /** The trait that holds the address. */
  readonly trait: string
  /** The address of the row `c` of `customers`, as `blocked_addresses` holds it; null for none. */
  readonly address: RawBuilder<string | null>
}

/** Channels that need an address, as SQL finds it. Those that are left out need none. */
export const ADDRESSED_CHANNELS = {
  email: { trait: 'email', address: sql`lower(c.traits ->> 'email')` },
  sms: { trait: 'phone', address: sql`c.traits ->> 'phone'` },
} as const satisfies Partial<Record<ChannelName, AddressedChannel>>

export type AddressedChannelName = keyof typeof ADDRESSED_CHANNELS

/** Those channels by name. */
export const ADDRESSED = Object.keys(ADDRESSED_CHANNELS) as AddressedChannelName[]

const ADDRESSES = sql.join(
  ADDRESSED.map((channel) => sql`(${channel}::text, ${ADDRESSED_CHANNELS[channel].address})`),
)

/** Channels on which the address of the row `c` of `customers` is not to be used any more. */
export const BLOCKED_CHANNELS = sql<string[]>`coalesce((
  select jsonb_agg(b.channel order by b.channel) from blocked_addresses b
  where (b.channel, b.address) in (${ADDRESSES})), '[]')`

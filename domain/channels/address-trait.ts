import type { ChannelName } from '../journeys/values.ts'

/** Stands where a trait does, and is none: whether a customer has a device that can be pushed to. */
export const PUSH_DEVICE = 'pushDevice'
/** The same for what an advertising platform knows a customer by. */
export const EMAIL_OR_PHONE = 'emailOrPhone'

/** The trait that holds a customer's address on a channel; null where none is needed. */
const ADDRESS_TRAITS: Readonly<Record<ChannelName, string | null>> = {
  agent_task: null,
  audience_sync: EMAIL_OR_PHONE,
  email: 'email',
  // Whoever visits a page is asked about there, by any id.
  onsite: null,
  push: PUSH_DEVICE,
  sms: 'phone',
  webhook: null,
}

/**
 * Which trait says where a channel leads to. Null for one that needs no address of the customer, and
 * for one that we do not know. Stands apart from what reads addresses, since actors need no more.
 */
export const addressTrait = (channel: string): string | null =>
  Object.hasOwn(ADDRESS_TRAITS, channel) ? ADDRESS_TRAITS[channel as ChannelName] : null

/** Whether a channel has somewhere to go, by which traits there are. What is known of the address itself is not asked. */
export function hasAddress(has: Readonly<Record<string, boolean>>, channel: string): boolean {
  const trait = addressTrait(channel)
  return trait === null || has[trait] === true
}

/** Whether a channel needs an address of the customer; a webhook goes where its message says, and what is shown on a page waits for its visitor. */
export const needsAddress = (channel: string): boolean => addressTrait(channel) !== null

/** Whether somebody can say it of a customer, unlike what is only known by what is there. */
export const isTrait = (name: string): boolean => name !== PUSH_DEVICE && name !== EMAIL_OR_PHONE

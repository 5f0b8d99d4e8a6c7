import { MESSAGE_CLASSES, type MessageClass } from '../journeys/journey.ts'
import { CHANNELS, type ChannelName } from '../journeys/values.ts'
import type { ContactScope } from './policy.ts'

/** A class of messages on a channel: what rules of a policy are about. */
export interface ContactCell {
  readonly class: MessageClass
  readonly channel: ChannelName
}

/** Every class on every channel. */
export const CONTACT_CELLS: readonly ContactCell[] = MESSAGE_CLASSES.flatMap((each) =>
  CHANNELS.map((channel) => ({ class: each, channel })),
)

/** Whether a rule of this scope is about such messages. */
export const isInScope = (
  { classes, channels }: ContactScope,
  { class: messageClass, channel }: ContactCell,
): boolean =>
  classes?.includes(messageClass) !== false && channels?.includes(channel) !== false

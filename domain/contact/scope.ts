import type { MessageClass } from '../journeys/journey.ts'
import type { ChannelName } from '../journeys/values.ts'
import type { ContactScope } from './policy.ts'

/** A message as far as contact rules tell messages apart. */
export interface Scoped {
  readonly class: MessageClass
  readonly channel: ChannelName
}

/** Whether a rule of this scope concerns the message. */
export const isMeant = (
  { classes, channels }: ContactScope,
  { class: messageClass, channel }: Scoped,
): boolean => classes?.includes(messageClass) !== false && channels?.includes(channel) !== false

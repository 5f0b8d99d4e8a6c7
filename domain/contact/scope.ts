import type { MessageClass } from '../journeys/journey.ts'
import type { ContactScope } from './policy.ts'

/** A message as far as contact rules tell messages apart. */
export interface Scoped {
  readonly class: MessageClass
  /** One of ours, or where somebody shows an offer: then rules that name channels do not mean it. */
  readonly channel: string
}

/** Whether a rule of this scope concerns the message. */
export const isMeant = (
  { classes, channels }: ContactScope,
  { class: messageClass, channel }: Scoped,
): boolean =>
  classes?.includes(messageClass) !== false &&
  (channels === undefined || channels.some((each) => each === channel))

import { MESSAGE_CLASSES } from '../journeys/journey.ts'
import { CHANNELS, type ChannelName } from '../journeys/values.ts'
import type { Scoped } from './scope.ts'

export interface ContactCell extends Scoped {
  readonly channel: ChannelName
}

/** Every class on every channel: the messages that a policy tells apart. */
export const CONTACT_CELLS: readonly ContactCell[] = MESSAGE_CLASSES.flatMap((each) =>
  CHANNELS.map((channel) => ({ class: each, channel })),
)

import { MESSAGE_CLASSES } from '../journeys/journey.ts'
import { CHANNELS } from '../journeys/values.ts'
import type { Scoped } from './scope.ts'

/** Every class on every channel: the messages that a policy tells apart. */
export const CONTACT_CELLS: readonly Scoped[] = MESSAGE_CLASSES.flatMap((each) =>
  CHANNELS.map((channel) => ({ class: each, channel })),
)

import type { ChannelName } from '../domain/journeys/values.ts'
import type { ChannelAnswer } from './channel.ts'
import type { Conduct } from './channel.cases.ts'

/** What it means to a channel that a provider did not answer. */
export interface Silence {
  /** No word came back, and nothing says that the message was taken. */
  readonly silence: ChannelAnswer['type']
  /** The message was taken, and its receipt was lost. */
  readonly breakAfter: ChannelAnswer['type']
}

/** Receivers that drop repeats can be asked again. Whoever drops none is asked once, unless it is certain. */
export const SILENCES: Readonly<Record<ChannelName, Silence>> = {
  agent_task: { silence: 'unavailable', breakAfter: 'unavailable' },
  audience_sync: { silence: 'unavailable', breakAfter: 'unavailable' },
  // SMTP says where a conversation broke.
  email: { silence: 'unavailable', breakAfter: 'unknown' },
  onsite: { silence: 'unavailable', breakAfter: 'unavailable' },
  push: { silence: 'unavailable', breakAfter: 'unavailable' },
  sms: { silence: 'unknown', breakAfter: 'unknown' },
  webhook: { silence: 'unavailable', breakAfter: 'unavailable' },
}

/** What each conduct of a provider is answered, and how many messages it took. */
export const outcomesOf = ({
  silence,
  breakAfter,
}: Silence): readonly [Conduct, ChannelAnswer['type'], number][] => [
  ['take', 'sent', 1],
  ['refuse', 'refused', 0],
  ['fail for a while', 'unavailable', 0],
  ['throttle', 'unavailable', 0],
  ['stall', silence, 0],
  ['break before taking', silence, 0],
  ['break after taking', breakAfter, 1],
  ['take slowly', breakAfter, 1],
]

import type { MessageClass } from '../journeys/journey.ts'
import type { ChannelName } from '../journeys/values.ts'
import type { ContactScope, Exclusion } from './policy.ts'

/** A message, as far as scopes tell messages apart. */
export interface ScopedMessage {
  readonly class: MessageClass
  readonly channel: ChannelName
}

/** Whether a scope means such a message. */
export const isInScope = ({ classes, channels }: ContactScope, message: ScopedMessage): boolean =>
  (classes === undefined || classes.includes(message.class)) &&
  (channels === undefined || channels.includes(message.channel))

/** Of the exclusions that forbid a message now, the one that holds longest. */
export function exclusionInForce(
  exclusions: readonly Exclusion[],
  message: ScopedMessage,
  atMs: number,
): Exclusion | undefined {
  return exclusions
    .filter(
      ({ scope, fromMs, untilMs }) =>
        fromMs <= atMs && (untilMs === null || untilMs > atMs) && isInScope(scope, message),
    )
    .reduce<Exclusion | undefined>(
      (longest, each) => (longest === undefined || isLater(each, longest) ? each : longest),
      undefined,
    )
}

const isLater = (one: Exclusion, other: Exclusion): boolean =>
  (one.untilMs ?? Infinity) > (other.untilMs ?? Infinity)

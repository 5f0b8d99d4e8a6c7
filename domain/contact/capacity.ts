import type { MessageClass } from '../journeys/journey.ts'
import type { ChannelName } from '../journeys/values.ts'
import { durationMs } from '../time.ts'
import type { CapacityRule, ContactRules } from './policy.ts'

/** What a message that asks for a capacity takes of it where no rule says what it leads to: one second. */
const SECONDS_UNLESS_SAID = 1

/** What one message takes of something scarce, in seconds of handling. */
export interface Need {
  readonly name: string
  readonly seconds: number
}

/** What one message needs: what the policy says of its class and channel, and what it names itself. By name. */
export function needsOf(
  named: string | undefined,
  of: { readonly class: MessageClass; readonly channel: ChannelName },
  rules: ContactRules | undefined,
): Need[] {
  const capacities = rules?.capacities ?? {}
  const names = Object.keys(capacities).filter(
    (name) => name !== named && isMeant(capacities[name], of),
  )
  if (named !== undefined) names.push(named)
  return names.toSorted().map((name) => ({ name, seconds: secondsOf(capacities[name]) }))
}

/** A rule without a scope only says what those cost that name it: nobody's mails wait by accident. */
function isMeant(
  rule: CapacityRule | undefined,
  of: { readonly class: MessageClass; readonly channel: ChannelName },
): boolean {
  if (rule === undefined || (rule.classes === undefined && rule.channels === undefined))
    return false
  return (rule.classes?.includes(of.class) ?? true) && (rule.channels?.includes(of.channel) ?? true)
}

const secondsOf = (rule: CapacityRule | undefined): number =>
  rule === undefined
    ? SECONDS_UNLESS_SAID
    : (rule.contactsPerThousand / 1_000) * (durationMs(rule.handlingTime) / 1_000)

import { hasAddress } from '../channels/address-trait.ts'
import { forbiddenBy, judge, type GateFacts, type Verdict } from '../contact/gate.ts'
import { knownZone } from '../contact/customer-zone.ts'
import { countedContacts } from './contacts.ts'
import { groupOf } from './customer-group.ts'
import type { Turn } from './turn.ts'

/** A message that is judged: what its journey and its step say of it. */
export type Judged = Pick<GateFacts, 'class' | 'channel' | 'journey'> &
  Partial<Pick<GateFacts, 'sendWindow' | 'onCap'>> & {
    /** Absent: none is wanted yet, and the question is what would be. */
    readonly deliveryId?: string
  }

/** What the actor's half of the gate says about one channel, on the state as it is now. */
export function verdictOf(turn: Turn, { deliveryId, ...wanted }: Judged): Verdict {
  const { state, rules, nowMs } = turn
  const { sendWindow, onCap } = wanted
  return judge(
    {
      ...wanted,
      ...standingOf(turn, wanted.channel),
      exclusions: state.exclusions,
      contacts: countedContacts(turn, deliveryId ?? ''),
      counters: state.facts.counters,
      zone: knownZone(state.zone),
      sendWindow,
      onCap,
      spreadKey: deliveryId ?? state.customerId,
    },
    rules.book?.contact,
    nowMs,
  )
}

/** Why the gate lets nothing of a class out on a channel, at whatever time; null where it may. */
export const forbiddenOn = (
  turn: Turn,
  message: Pick<GateFacts, 'class' | 'channel'>,
): string | null =>
  forbiddenBy({ ...message, ...standingOf(turn, message.channel) }, turn.rules.book?.contact)

const standingOf = (turn: Turn, channel: string) => ({
  marketingGranted: turn.state.consents['marketing']?.[channel] === true,
  hasAddress: hasAddress(turn.state.facts.has, channel),
  group: groupOf(turn, turn.nowMs),
})

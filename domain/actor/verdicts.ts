import { judge, needsAddress, type GateFacts, type Verdict } from '../contact/gate.ts'
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
  const { channel, sendWindow, onCap } = wanted
  return judge(
    {
      ...wanted,
      marketingGranted: state.consents['marketing']?.[channel] === true,
      hasAddress: !needsAddress(channel) || state.facts.has[channel] === true,
      exclusions: state.exclusions,
      group: groupOf(turn, nowMs),
      contacts: countedContacts(turn, deliveryId ?? ''),
      zone: knownZone(state.zone),
      sendWindow,
      onCap,
      spreadKey: deliveryId ?? state.customerId,
    },
    rules.book?.contact,
    nowMs,
  )
}

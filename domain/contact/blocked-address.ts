import { addressTrait } from '../channels/address-trait.ts'
import { channelSpec } from '../channels/index.ts'
import { evaluateCondition, type ScopeEvent } from '../conditions.ts'
import type { ChannelName } from '../journeys/values.ts'
import type { JsonObject } from '../json.ts'
import { own } from '../own.ts'
import type { ExclusionRule } from './policy.ts'

/** An address that is not to be used any more, whoever has it. */
export interface BlockedAddress {
  readonly channel: ChannelName
  readonly address: string
  readonly reason: string
  readonly source: string
}

/**
 * The addresses that an event says are not to be used: the one that it names, else the customer's.
 * Conditions see the event and the customer's traits; imports count, for a bounce of last year is one.
 */
export function blockedBy(
  rules: readonly ExclusionRule[],
  event: ScopeEvent,
  { traits, zone }: { readonly traits: JsonObject; readonly zone: string },
): BlockedAddress[] {
  return rules.flatMap(({ name, open = [], blocks }) => {
    if (blocks === undefined) return []
    const isMeant = open.some(
      ({ event: wanted, when }) =>
        wanted === event.name && (when === undefined || holds(when, event, traits, zone)),
    )
    const named =
      own(event.properties, blocks.property) ?? own(traits, addressTrait(blocks.channel) ?? '')
    if (!isMeant || typeof named !== 'string' || named.trim() === '') return []
    const { channel } = blocks
    const address = channelSpec(channel).plain(named)
    return [{ channel, address, reason: name, source: `event ${event.name}` }]
  })
}

function holds(when: string, event: ScopeEvent, traits: JsonObject, zone: string): boolean {
  const has = Object.fromEntries(Object.keys(traits).map((trait) => [trait, true]))
  const verdict = evaluateCondition(when, {
    nowMs: event.receivedAtMs,
    zone,
    customer: {
      traits,
      has,
      lifecycle: 'ghost',
      consents: {},
      counters: {},
      returned: [],
      journeys: [],
    },
    event,
    entry: null,
  })
  return verdict.ok && verdict.value
}

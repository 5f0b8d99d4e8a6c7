import { conditionReads } from '../conditions.ts'
import { addEventReads, type EventReads, type JourneyReads } from '../journeys/journey-reads.ts'
import { exclusionReads } from './exclusion-reads.ts'
import type { ContactRules } from './policy.ts'

/** What a contact policy looks at of a customer, as a journey's reads: by its groups, exclusions and fatigue. */
export function policyReads({ groups, exclusions, fatigue = [] }: ContactRules): JourneyReads[] {
  return [
    exclusionReads(exclusions),
    { ...customerReads([]), events: counted(fatigue.flatMap(({ reactions }) => reactions)) },
    customerReads(groups.flatMap(({ when }) => (when === undefined ? [] : [when]))),
  ]
}

/** What conditions over the customer alone look at. */
export function customerReads(conditions: readonly string[]): JourneyReads {
  const reads = conditions.map(conditionReads)
  return {
    events: counted(reads.flatMap((each) => each.events).map(({ name }) => name)),
    traits: new Set(reads.flatMap(({ traits }) => traits)),
    presence: new Set(reads.flatMap(({ presence }) => presence)),
    dates: new Set(),
    usesReturned: reads.some(({ usesReturned }) => usesReturned),
    facts: new Set(reads.flatMap(({ facts }) => facts)),
  }
}

function counted(names: readonly string[]): Map<string, EventReads> {
  const events = new Map<string, EventReads>()
  for (const name of names) addEventReads(events, name, { counted: true })
  return events
}

import { conditionReads } from '../conditions.ts'
import { addEventReads, type EventReads, type JourneyReads } from '../journeys/journey-reads.ts'
import { exclusionReads } from './exclusion-reads.ts'
import type { ContactRules } from './policy.ts'

/** What a contact policy looks at of a customer, as a journey's reads: by its groups and its exclusions. */
export function policyReads({ groups, exclusions }: ContactRules): JourneyReads[] {
  return [
    exclusionReads(exclusions),
    customerReads(groups.flatMap(({ when }) => (when === undefined ? [] : [when]))),
  ]
}

/** What conditions over the customer alone look at. */
export function customerReads(conditions: readonly string[]): JourneyReads {
  const reads = conditions.map(conditionReads)
  const events = new Map<string, EventReads>()
  for (const { name } of reads.flatMap((each) => each.events))
    addEventReads(events, name, { counted: true })
  return {
    events,
    traits: new Set(reads.flatMap(({ traits }) => traits)),
    presence: new Set(reads.flatMap(({ presence }) => presence)),
    dates: new Set(),
    usesReturned: reads.some(({ usesReturned }) => usesReturned),
    facts: new Set(reads.flatMap(({ facts }) => facts)),
  }
}

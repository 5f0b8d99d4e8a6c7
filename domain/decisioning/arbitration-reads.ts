import { conditionReads } from '../conditions.ts'
import { addEventReads, type EventReads, type JourneyReads } from '../journeys/journey-reads.ts'
import type { ContextRule } from './arbitration-rules.ts'

/** What the conditions of arbitration rules read of a customer: it must be kept, as for a journey's. */
export function arbitrationReads(context: readonly ContextRule[] = []): JourneyReads {
  const events = new Map<string, EventReads>()
  const traits = new Set<string>()
  const presence = new Set<string>()
  let usesReturned = false
  for (const { when } of context) {
    const reads = conditionReads(when)
    for (const { name } of reads.events) addEventReads(events, name, { counted: true })
    for (const trait of reads.traits) traits.add(trait)
    for (const trait of reads.presence) presence.add(trait)
    usesReturned ||= reads.usesReturned
  }
  return { events, traits, presence, dates: new Set(), usesReturned }
}

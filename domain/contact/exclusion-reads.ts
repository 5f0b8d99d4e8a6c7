import { conditionReads } from '../conditions.ts'
import { addEventReads, type EventReads, type JourneyReads } from '../journeys/journey-reads.ts'
import type { PropertyShape } from '../journeys/rule-book.ts'
import type { EventMatch, ExclusionRule } from './policy.ts'

/**
 * What exclusion rules look at, as a journey's reads: the events that must wake the actor with the
 * properties they are judged by, and the facts it must keep. Rules that block an address wake nobody:
 * they are judged where the event is stored, and addresses never travel.
 */
export function exclusionReads(rules: readonly ExclusionRule[]): JourneyReads {
  const events = new Map<string, EventReads>()
  const traits = new Set<string>()
  const presence = new Set<string>()
  const facts = new Set<string>()
  let usesReturned = false
  const look = (source: string | undefined): PropertyShape => {
    if (source === undefined) return {}
    const reads = conditionReads(source)
    for (const { name } of reads.events) addEventReads(events, name, { counted: true })
    for (const trait of reads.traits) traits.add(trait)
    for (const trait of reads.presence) presence.add(trait)
    for (const fact of reads.facts) facts.add(fact)
    usesReturned ||= reads.usesReturned
    return reads.eventProperties
  }
  const hear = ({ event, when }: EventMatch, named: readonly string[]): void => {
    addEventReads(events, event, { properties: look(when) })
    for (const property of named) addEventReads(events, event, { properties: { [property]: true } })
  }

  for (const rule of rules) {
    if (rule.blocks !== undefined) continue
    const { open = [], close = [], per, after, decay } = rule
    const perCase = per === undefined ? [] : [per]
    const atOpening = [
      ...perCase,
      ...(typeof after === 'object' ? [after.property] : []),
      ...(decay === undefined ? [] : [decay.property]),
    ]
    for (const match of open) hear(match, atOpening)
    for (const match of close) hear(match, perCase)
    look(rule.while)
  }
  return { events, traits, presence, dates: new Set(), usesReturned, facts }
}

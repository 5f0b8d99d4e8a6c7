import { conditionReads } from '../conditions.ts'
import { addressTrait } from '../channels/address-trait.ts'
import { CHANNELS, type ChannelName } from './values.ts'
import { conditionsOf } from './journey-conditions.ts'
import type { JourneyParts } from './journey-parts.ts'
import { lockDate } from './lock-parts.ts'
import { mergeShapes } from './merge-shapes.ts'
import type { PropertyShape } from './rule-book.ts'
import { countsIn, textsOf } from './message-texts.ts'
import { AUDIENCE_EVENT, eventOf } from './requested-entry.ts'
import { specOf } from './steps/registry.schema.ts'

/** What of a customer a journey looks at: the events that must wake the actor and the facts it must keep. */
export interface JourneyReads {
  readonly events: ReadonlyMap<string, EventReads>
  /** Traits whose values conditions read. */
  readonly traits: ReadonlySet<string>
  /** Traits of which it only matters whether there is one, channel addresses among them. */
  readonly presence: ReadonlySet<string>
  /** Traits that hold a date which a trigger, a wait or a lock is reckoned from. */
  readonly dates: ReadonlySet<string>
  readonly usesReturned: boolean
  /** Names of facts; what their formulas read is not among this. */
  readonly facts: ReadonlySet<string>
}

export interface EventReads {
  readonly properties: PropertyShape
  readonly counted: boolean
}

/** What a journey reads: its conditions, the counts in its templates, and where it listens. */
export function readsOf(parts: JourneyParts): JourneyReads {
  const events = new Map<string, EventReads>()
  const name = (event: string, reads: Partial<EventReads> = {}) =>
    addEventReads(events, event, reads)
  const traits = new Set<string>()
  const presence = new Set<string>()
  const dates = new Set<string>()
  const facts = new Set<string>()
  let entryProperties: PropertyShape = {}
  let usesReturned = false

  for (const { source, event } of conditionsOf(parts)) {
    const reads = conditionReads(source)
    for (const counted of reads.events) name(counted.name, { counted: true })
    for (const trait of reads.traits) traits.add(trait)
    for (const trait of reads.presence) presence.add(trait)
    for (const fact of reads.facts) facts.add(fact)
    if (event !== null) name(event, { properties: reads.eventProperties })
    entryProperties = mergeShapes(entryProperties, reads.entryProperties)
    usesReturned ||= reads.usesReturned
  }
  if (parts.reentry?.mode === 'perKey')
    entryProperties = mergeShapes(entryProperties, { [parts.reentry.property]: true })

  for (const step of parts.steps.values()) {
    if (step === null) continue
    const { events: awaited, correlates, dates: reckoned } = specOf(step)
    for (const event of awaited?.(step) ?? []) name(event)
    for (const { event, property } of correlates?.(step) ?? []) {
      name(event, { properties: { [property]: true } })
      entryProperties = mergeShapes(entryProperties, { [property]: true })
    }
    for (const trait of reckoned?.(step) ?? []) dates.add(trait)
  }

  for (const { part } of parts.triggers) {
    const event = eventOf(part)
    // A request names its journey, and that decides who is meant.
    const named: PropertyShape = 'api' in part ? { journey: true } : {}
    if (event !== null) name(event, { properties: mergeShapes(entryProperties, named) })
    if ('date' in part) dates.add(part.date)
  }
  if (parts.audience !== null)
    name(AUDIENCE_EVENT, { properties: mergeShapes(entryProperties, { journey: true }) })
  const unlocking = lockDate(parts)
  if (unlocking !== null) dates.add(unlocking.date)
  for (const { part } of parts.exits) if (part.event !== undefined) name(part.event)
  if (parts.goal !== null) name(parts.goal.event)
  for (const { value } of textsOf(parts))
    for (const event of countsIn(value)) if (event !== null) name(event, { counted: true })
  for (const channel of channelsOf(parts)) {
    const address = addressTrait(channel)
    if (address !== null) presence.add(address)
  }

  return { events, traits, presence, dates, usesReturned, facts }
}

/** Adds what is read of one event to what others read of it. */
export function addEventReads(
  events: Map<string, EventReads>,
  event: string,
  { properties = {}, counted = false }: Partial<EventReads>,
): void {
  const known = events.get(event)
  events.set(event, {
    properties: mergeShapes(known?.properties ?? {}, properties),
    counted: counted || known?.counted === true,
  })
}

/** Channels that any step could use, in the order in which channels are listed. */
export function channelsOf(parts: JourneyParts): ChannelName[] {
  const used = new Set(
    [...parts.steps.values()].flatMap((step) => {
      if (step === null) return []
      const { message, channels } = specOf(step)
      const content = message === undefined ? null : parts.messages.get(message(step))
      return channels?.(step, content ?? undefined) ?? []
    }),
  )
  return CHANNELS.filter((channel) => used.has(channel))
}

import { PUSH_DEVICE } from '../channels/address-trait.ts'
import { conditionReads } from '../conditions.ts'
import type { Finding } from '../errors.ts'
import { TOUCHPOINTS_TRAIT } from '../touchpoints/seen-touchpoints.ts'
import { child } from '../json-pointer.ts'
import { nearestName } from '../nearest-name.ts'
import { conditionsOf, type ConditionPlace } from './journey-conditions.ts'
import { partsOf, type JourneyParts } from './journey-parts.ts'
import { SAMPLE_MIN, type KnownNames } from './known-names.ts'
import { LOCK_PATH, lockDate } from './lock-parts.ts'
import { readsIn, textsOf } from './message-texts.ts'
import { specOf } from './steps/registry.schema.ts'

/** A name where it stands, and what it is looked for among. */
export interface Mention {
  readonly kind: 'event' | 'trait' | 'journey' | 'fact'
  readonly path: string
  readonly name: string
}

export interface PropertyMention {
  readonly path: string
  readonly property: string
  /** The events that may have it: one of them is enough. */
  readonly events: readonly string[]
}

/**
 * Names of events, properties, traits and journeys that nobody has ever seen: warnings, since the
 * first of its kind may be on its way. Each is said once.
 */
export function nameFindings(parts: JourneyParts, known: KnownNames): Finding[] {
  return unknownNames(
    { mentions: mentionsIn(parts), properties: propertyMentionsIn(parts), own: parts },
    known,
  )
}

/** The same for names that stand elsewhere; `own` is the journey that they are of. */
export function unknownNames(
  named: {
    readonly mentions: readonly Mention[]
    readonly properties: readonly PropertyMention[]
    readonly own?: JourneyParts
  },
  known: KnownNames,
): Finding[] {
  const own = named.own === undefined ? [] : [named.own]
  const made = madeByJourneys([...own, ...known.journeys.map(partsOf)])
  const sets = {
    event: new Set([...known.events.keys(), ...made.events]),
    trait: new Set([...known.traits.names, ...made.traits]),
    journey: new Set([...own.map(({ key }) => key ?? ''), ...known.journeys.map(({ key }) => key)]),
  }
  const sampled = [...known.events.values()].reduce((sum, { count }) => sum + count, 0)
  const isKnowable = {
    event: sampled >= SAMPLE_MIN,
    trait: known.traits.customers >= SAMPLE_MIN,
    journey: true,
  }
  const unknown: Unknown[] = named.mentions.flatMap(({ kind, path, name }) =>
    kind !== 'fact' && isKnowable[kind] && !sets[kind].has(name)
      ? [{ kind, path, name, known: sets[kind] }]
      : [],
  )
  for (const { path, property, events } of named.properties) {
    const all = propertiesOf(events, known, made.events)
    if (all !== null && !all.has(property))
      unknown.push({ kind: 'property', path, name: property, known: all })
  }
  return [
    ...said(unknown),
    ...(known.facts === undefined ? [] : unknownFacts(named.mentions, known.facts)),
  ]
}

/** Facts that nobody published: errors, since nothing but a publication makes one. */
export function unknownFacts(mentions: readonly Mention[], known: ReadonlySet<string>): Finding[] {
  return said(
    mentions.flatMap(({ kind, path, name }) =>
      kind === 'fact' && !known.has(name) ? [{ kind, path, name, known }] : [],
    ),
  )
}

const said = (unknown: readonly Unknown[]): Finding[] => {
  const once = new Map(unknown.map((each) => [`${each.kind} ${each.path} ${each.name}`, each]))
  return [...once.values()].map(toFinding)
}

interface Unknown {
  readonly kind: keyof typeof UNKNOWN
  readonly path: string
  readonly name: string
  readonly known: ReadonlySet<string>
}

/** Beyond it names are reported without a suggestion: each costs a look at all that are known. */
const SUGGESTIONS_MAX = 100

const UNKNOWN = {
  event: {
    code: 'unknown_event',
    says: 'no event of that name has been stored yet',
    severity: 'warning',
  },
  property: {
    code: 'unknown_property',
    says: 'no event of that name has had this property yet',
    severity: 'warning',
  },
  trait: {
    code: 'unknown_trait',
    says: 'no customer has this trait yet',
    severity: 'warning',
  },
  journey: {
    code: 'unknown_journey',
    says: 'no journey of that key is live',
    severity: 'warning',
  },
  fact: { code: 'unknown_fact', says: 'no fact of that name is published', severity: 'error' },
} as const

function toFinding({ kind, path, name, known }: Unknown, index: number): Finding {
  const { code, says, severity } = UNKNOWN[kind]
  const nearest = index < SUGGESTIONS_MAX ? nearestName(name, known) : null
  const advice = nearest === null ? 'check its spelling.' : `do you mean "${nearest}"?`
  return { code, path, message: `"${name}": ${says}; ${advice}`, severity }
}

/** Names that an event of these has had; null where too few were seen, or a journey makes them. */
function propertiesOf(
  events: readonly string[],
  { events: known }: KnownNames,
  made: ReadonlySet<string>,
): ReadonlySet<string> | null {
  const all = new Set<string>()
  for (const name of events) {
    const event = known.get(name)
    if (event === undefined || event.count < SAMPLE_MIN || made.has(name)) return null
    for (const property of event.properties) all.add(property)
  }
  return events.length === 0 ? null : all
}

/** Events and traits that steps make: nobody has to have sent them. */
function madeByJourneys(all: readonly JourneyParts[]): {
  events: ReadonlySet<string>
  traits: ReadonlySet<string>
} {
  const events = new Set<string>()
  const traits = new Set<string>()
  for (const { steps } of all)
    for (const step of steps.values()) {
      if (step === null) continue
      const { emits, traits: sets } = specOf(step)
      for (const event of emits?.(step) ?? []) events.add(event)
      for (const trait of sets?.(step) ?? []) traits.add(trait)
    }
  return { events, traits }
}

function mentionsIn(parts: JourneyParts): Mention[] {
  return [
    ...rulesMentions(parts),
    ...stepMentions(parts),
    ...conditionsOf(parts).flatMap(conditionMentions),
    ...textsOf(parts).flatMap(({ path, value }) => templateMentions(path, value)),
  ]
}

function rulesMentions(parts: JourneyParts): Mention[] {
  const { triggers, exits, goal } = parts
  const mentions: Mention[] = []
  const mention = (kind: Mention['kind'], path: string, name: string | undefined) => {
    if (name !== undefined) mentions.push({ kind, path, name })
  }
  for (const { path, part } of triggers) {
    if ('event' in part) mention('event', `${path}/event`, part.event)
    if ('date' in part) mention('trait', `${path}/date`, part.date)
    if ('ended' in part) mention('journey', `${path}/ended`, part.ended)
  }
  for (const { path, part } of exits) mention('event', `${path}/event`, part.event)
  mention('event', '/goal/event', goal?.event)
  mention('trait', `${LOCK_PATH}/untilDate/date`, lockDate(parts)?.date)
  return mentions
}

function stepMentions({ steps }: JourneyParts): Mention[] {
  return [...steps].flatMap(([id, step]) => {
    if (step === null) return []
    const { events, dates } = specOf(step)
    const path = child('/steps', id)
    return [
      ...(events?.(step) ?? []).map((name): Mention => ({ kind: 'event', path, name })),
      ...(dates?.(step) ?? []).map((name): Mention => ({ kind: 'trait', path, name })),
    ]
  })
}

/** What a condition names. */
export function conditionMentions({
  path,
  source,
}: Pick<ConditionPlace, 'path' | 'source'>): Mention[] {
  const { events, did, traits, presence, journeys, facts } = conditionReads(source)
  return [
    ...events.map(({ name }): Mention => ({ kind: 'event', path, name })),
    ...did.map(({ event: name }): Mention => ({ kind: 'event', path, name })),
    ...[...traits, ...presence]
      .filter((name) => name !== PUSH_DEVICE && name !== TOUCHPOINTS_TRAIT)
      .map((name): Mention => ({ kind: 'trait', path, name })),
    ...journeys.map((name): Mention => ({ kind: 'journey', path, name })),
    ...facts.map((name): Mention => ({ kind: 'fact', path, name })),
  ]
}

function templateMentions(path: string, template: string): Mention[] {
  return readsIn(template).flatMap(({ path: [root, member, name] }): Mention[] => {
    if (root === 'counts' && member !== undefined) return [{ kind: 'event', path, name: member }]
    if (root === 'customer' && member === 'traits' && name !== undefined)
      return [{ kind: 'trait', path, name }]
    return []
  })
}

function propertyMentionsIn(parts: JourneyParts): PropertyMention[] {
  const entryEvents = entryEventsOf(parts)
  const mentions: PropertyMention[] = []
  const add = (path: string, properties: Iterable<string>, events: readonly string[]) => {
    for (const property of properties) mentions.push({ path, property, events })
  }
  for (const { path, source, event, seesEntry } of conditionsOf(parts)) {
    const { eventProperties, entryProperties } = conditionReads(source)
    if (event !== null) add(path, Object.keys(eventProperties), [event])
    if (seesEntry) add(path, Object.keys(entryProperties), entryEvents)
  }
  for (const { path, value } of textsOf(parts))
    for (const {
      path: [root, member, name],
    } of readsIn(value))
      if ((root === 'entry' || root === 'event') && member === 'properties' && name !== undefined)
        add(path, [name], entryEvents)
  if (parts.reentry?.mode === 'perKey')
    add('/entry/reentry/property', [parts.reentry.property], entryEvents)
  for (const [id, step] of parts.steps) {
    if (step === null) continue
    for (const { event, property } of specOf(step).correlates?.(step) ?? [])
      for (const events of [[event], entryEvents]) add(child('/steps', id), [property], events)
  }
  return mentions
}

/** The events that let somebody in; none where something else may, too. */
function entryEventsOf({ triggers, audience }: JourneyParts): readonly string[] {
  if (audience !== null) return []
  const events = triggers.flatMap(({ part }) => ('event' in part ? [part.event] : []))
  return events.length === triggers.length ? events : []
}

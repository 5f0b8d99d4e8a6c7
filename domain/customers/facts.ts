import { invariant } from '../errors.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { INSTANTS_MAX } from '../actor/customer-state.ts'
import type { Counter, Facts, LoadRequest } from '../actor/customer-state.ts'
import type { FactChange, Loaded } from '../actor/inputs.ts'
import {
  addReturned,
  newestReturned,
  NOTHING_RETURNED,
  RETURN_EVENT,
  returnedIds,
} from './returned.ts'
import { own } from '../own.ts'

/**
 * What an actor remembers of its customer's events and traits.
 *
 * I1  The same events in any order of arrival give the same counters, worth and returned ids.
 * I2  A counter covers all stored events of its name: the stored ones by `applyLoaded`, each later one
 *     by `countEvent`, never one by both. Between a load's request and its answer nothing is counted.
 * I3  Nothing is kept that the book does not name.
 */

/** Facts of a customer of whom nothing was loaded yet. */
export const NO_FACTS: Facts = {
  traits: {},
  has: {},
  dates: {},
  counters: {},
  purchasedMinor: 0,
  ...NOTHING_RETURNED,
  since: {},
}

/** An event as far as facts read it. */
export interface CountedEvent {
  readonly name: string
  readonly occurredAtMs: number
  readonly properties: JsonObject
}

/** Names that the book asks for and whose history is not in the facts. Sorted. */
export interface MissingFacts {
  /** Events to count over all that is stored. */
  readonly events: readonly string[]
  /** Traits whose values are asked for. */
  readonly traits: readonly string[]
  /** Traits of which only the presence is asked for. */
  readonly presence: readonly string[]
  /** Traits that hold a date which something is reckoned from. */
  readonly dates: readonly string[]
}

/**
 * The facts with one event more; the same object where the book does not count this name.
 *
 * Cost: one copy of at most `INSTANTS_MAX` instants.
 */
export function countEvent(facts: Facts, book: RuleBook, event: CountedEvent): Facts {
  const { name, occurredAtMs, properties } = event
  if (own(book.events, name)?.counted !== true) return facts
  const counter = own(facts.counters, name)
  invariant(counter !== undefined, `the counter of ${name} is loaded before an event is counted`)
  const { purchase } = book.lifecycle
  return {
    ...facts,
    counters: {
      ...facts.counters,
      [name]: {
        since: counter.since,
        total: counter.total + 1,
        recentMs: insertInstant(counter.recentMs, occurredAtMs),
      },
    },
    purchasedMinor:
      facts.purchasedMinor + (name === purchase.event ? minorUnits(properties[purchase.value]) : 0),
    ...(name === RETURN_EVENT ? addReturned(facts, returnedIds(properties), occurredAtMs) : {}),
  }
}

/** The facts after traits were set, or taken away by null; the same object where nothing was. */
export function changeFacts(facts: Facts, change: FactChange): Facts {
  const { traits, has, dates } = change
  if (traits === undefined && has === undefined && dates === undefined) return facts
  return {
    ...facts,
    traits: withChanges(facts.traits, traits ?? {}),
    has: { ...facts.has, ...has },
    // Dates that stay as they are stay the same object: what hangs on them is not reckoned anew.
    dates: isChanged(facts.dates, dates) ? withChanges(facts.dates, dates) : facts.dates,
  }
}

/** What a `LoadRequest` says of these facts: the `since` of everything they hold. */
export function knownFacts(facts: Facts): LoadRequest['known'] {
  const events: Record<string, number> = {}
  for (const [name, counter] of Object.entries(facts.counters)) events[name] = counter.since
  return { events, facts: facts.since }
}

/** What must be read from the stored events and traits before an actor that knows `known` can follow `book`. */
export function missingFacts(known: LoadRequest['known'], book: RuleBook): MissingFacts {
  const counted = Object.fromEntries(Object.entries(book.events).filter(([, kept]) => kept.counted))
  return {
    events: lacking(counted, known.events, ''),
    traits: lacking(book.traits, known.facts, TRAIT),
    presence: lacking(book.presence, known.facts, PRESENCE),
    dates: lacking(book.dates ?? {}, known.facts, DATE),
  }
}

/**
 * The facts that `book` asks for: what they lacked is taken from `loaded`, what they held stays, what the
 * book no longer names goes.
 *
 * Shape: `loaded` answers a request made of these very facts; a missing name that it leaves out has no
 * history (count 0, no value). A loaded counter replaces what was held: it covers all events up to the
 * last applied batch, and the batches after that one are applied afterwards. A book that makes another
 * event or property the purchase names the purchase with a new `since`, so that the worth is loaded again.
 */
export function applyLoaded(facts: Facts, book: RuleBook, loaded: Loaded): Facts {
  const missing = missingFacts(knownFacts(facts), book)
  const counters: Record<string, Counter> = {}
  for (const [name, { counted, since }] of Object.entries(book.events)) {
    if (!counted) continue
    const held = missing.events.includes(name) ? undefined : own(facts.counters, name)
    const stored = own(loaded.events, name)
    counters[name] = held ?? {
      since,
      total: stored?.total ?? 0,
      recentMs: newest(stored?.recentMs ?? []),
    }
  }
  const since: Record<string, number> = {}
  for (const [name, named] of Object.entries(book.traits)) since[TRAIT + name] = named.since
  for (const [name, named] of Object.entries(book.presence)) since[PRESENCE + name] = named.since
  const dates = book.dates ?? {}
  for (const [name, named] of Object.entries(dates)) since[DATE + name] = named.since
  const purchase = book.lifecycle.purchase.event
  return {
    traits: withChanges({}, merged(book.traits, missing.traits, facts.traits, loaded.traits)),
    has: merged(book.presence, missing.presence, facts.has, loaded.has),
    dates: merged(dates, missing.dates, facts.dates, loaded.dates ?? {}),
    counters,
    purchasedMinor: missing.events.includes(purchase)
      ? (own(loaded.events, purchase)?.valueMinor ?? 0)
      : purchase in counters
        ? facts.purchasedMinor
        : 0,
    ...(!(RETURN_EVENT in counters)
      ? NOTHING_RETURNED
      : newestReturned(missing.events.includes(RETURN_EVENT) ? loaded : facts)),
    since,
  }
}

/**
 * An amount in minor units: 12.5 → 1250, rounded half up. What is not a number, or too big to be added
 * exactly, counts 0.
 */
export function minorUnits(amount: JsonValue | undefined): number {
  if (typeof amount !== 'number') return 0
  const minor = Math.round(amount * 100)
  return Number.isSafeInteger(minor) ? minor : 0
}

const TRAIT = 'traits.'
const PRESENCE = 'has.'
const DATE = 'dates.'

const lacking = (
  named: Readonly<Record<string, { readonly since: number }>>,
  held: Readonly<Record<string, number>>,
  prefix: string,
): string[] =>
  Object.keys(named)
    .filter((name) => own(held, prefix + name) !== named[name]?.since)
    .sort()

function insertInstant(recentMs: readonly number[], atMs: number): readonly number[] {
  let place = recentMs.length
  while (place > 0 && recentMs[place - 1]! > atMs) place -= 1
  if (recentMs.length < INSTANTS_MAX) return recentMs.toSpliced(place, 0, atMs)
  if (place === 0) return recentMs
  return [...recentMs.slice(1, place), atMs, ...recentMs.slice(place)]
}

const newest = (instants: readonly number[]): readonly number[] =>
  instants.toSorted((a, b) => a - b).slice(-INSTANTS_MAX)

/** Null takes a name away. */
function withChanges<T extends JsonValue>(
  held: Readonly<Record<string, T>>,
  changes: Readonly<Record<string, T | null>>,
): Record<string, T> {
  const next: Record<string, T> = { ...held }
  for (const [name, value] of Object.entries(changes)) {
    if (value === null) delete next[name]
    else next[name] = value
  }
  return next
}

function isChanged(
  held: Facts['dates'],
  changes: FactChange['dates'],
): changes is NonNullable<FactChange['dates']> {
  return Object.entries(changes ?? {}).some(([name, date]) => (own(held, name) ?? null) !== date)
}

function merged<T>(
  named: Readonly<Record<string, unknown>>,
  missing: readonly string[],
  held: Readonly<Record<string, T>>,
  loaded: Readonly<Record<string, T>>,
): Record<string, T> {
  const values: Record<string, T> = {}
  for (const name of Object.keys(named)) {
    const value = own(missing.includes(name) ? loaded : held, name)
    if (value !== undefined) values[name] = value
  }
  return values
}

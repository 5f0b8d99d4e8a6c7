import type { Loaded } from '../actor/inputs.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject } from '../json.ts'
import { currentFacts, type Profile } from './fact-change.ts'
import { minorUnits } from './facts.ts'
import { own } from '../own.ts'
import { RETURN_EVENT, returnedIds } from './returned.ts'

/** What of a customer's past an actor lacks, as the store answers it. */
export type StoredFacts = Omit<Loaded, 'book' | 'definitions'>

/** An event as it is stored. */
export interface StoredEvent {
  readonly name: string | null
  readonly properties: JsonObject
  readonly occurredAtMs: number
}

/** All that an actor must know of these events and this profile: what the store answers by SQL. */
export function storedFacts(
  events: readonly StoredEvent[],
  profile: Profile,
  book: RuleBook,
): StoredFacts {
  const counters: Record<string, Loaded['events'][string]> = {}
  const { event: purchase, value: property } = book.lifecycle.purchase
  for (const { name, properties, occurredAtMs } of events) {
    if (name === null) continue
    const { total = 0, recentMs = [], valueMinor = 0 } = own(counters, name) ?? {}
    counters[name] = {
      total: total + 1,
      recentMs: [...recentMs, occurredAtMs],
      valueMinor: valueMinor + (name === purchase ? minorUnits(properties[property]) : 0),
    }
  }
  const returns = events.flatMap(({ name, properties, occurredAtMs }) =>
    name === RETURN_EVENT ? returnedIds(properties).map((id) => ({ id, occurredAtMs })) : [],
  )
  const { traits = {}, has = {}, dates = {} } = currentFacts(profile, book)
  return {
    events: counters,
    traits,
    has,
    dates: Object.fromEntries(
      Object.entries(dates).flatMap(([name, date]) => (date === null ? [] : [[name, date]])),
    ),
    returned: returns.map(({ id }) => id),
    returnedAtMs: returns.map(({ occurredAtMs }) => occurredAtMs),
  }
}

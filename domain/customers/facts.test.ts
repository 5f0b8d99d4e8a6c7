import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject } from '../json.ts'
import { INSTANTS_MAX, RETURNED_MAX } from '../actor/customer-state.ts'
import type { Facts } from '../actor/customer-state.ts'
import type { CountedEvent } from './facts.ts'
import {
  applyLoaded,
  changeFacts,
  countEvent,
  knownFacts,
  minorUnits,
  missingFacts,
  NO_FACTS,
} from './facts.ts'
import type { Loaded } from '../actor/inputs.ts'
import { DEFAULT_LIFECYCLE_RULES } from './lifecycle-rules.ts'
import { addReturned, NOTHING_RETURNED, returnedIds } from './returned.ts'

const PURCHASE = 'Order Completed'
const RETURN = 'Order Refunded'
const VIEW = 'Product Viewed'

const kept = (since: number, counted = true) => ({ since, properties: {}, counted })

function bookOf(parts: Partial<RuleBook> = {}): RuleBook {
  return {
    hash: 'h',
    events: { [PURCHASE]: kept(1), [RETURN]: kept(1), [VIEW]: kept(1), Hello: kept(1, false) },
    traits: {},
    presence: {},
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    lifecycleEntries: [],
    ...parts,
  }
}

const nothingLoaded: Loaded = {
  book: null,
  definitions: [],
  events: {},
  traits: {},
  has: {},
  returned: [],
  returnedAtMs: [],
}

const book = bookOf()
const blank = applyLoaded(NO_FACTS, book, nothingLoaded)
const event = (name: string, occurredAtMs: number, properties: JsonObject = {}): CountedEvent => ({
  name,
  occurredAtMs,
  properties,
})
const countAll = (events: readonly CountedEvent[], from: Facts = blank): Facts =>
  events.reduce((facts, one) => countEvent(facts, book, one), from)

/** What SQL answers for `events`: written independently of `countEvent`. */
function load(events: readonly CountedEvent[]): Loaded {
  const counters: Record<string, Loaded['events'][string]> = {}
  for (const { name } of events) {
    const all = events.filter((one) => one.name === name)
    counters[name] = {
      total: all.length,
      recentMs: all.map((one) => one.occurredAtMs),
      valueMinor: all.reduce((sum, one) => sum + minorUnits(one.properties['revenue']), 0),
    }
  }
  const returns = events
    .filter((one) => one.name === RETURN)
    .flatMap((one) => returnedIds(one.properties).map((id) => [id, one.occurredAtMs] as const))
  return {
    ...nothingLoaded,
    events: counters,
    returned: returns.map(([id]) => id),
    returnedAtMs: returns.map(([, atMs]) => atMs),
  }
}

const someEvents = (maxLength: number) =>
  fc.array(
    fc.record({
      name: fc.constantFrom(PURCHASE, RETURN, VIEW, VIEW, 'Hello', 'Unheard'),
      occurredAtMs: fc.integer({ min: 0, max: 200 }),
      properties: fc.record({
        revenue: fc.oneof(fc.double({ min: 0, max: 5000, noNaN: true }), fc.constant('12')),
        order_id: fc.integer({ min: 0, max: 99 }).map(String),
        products: fc.array(fc.record({ product_id: fc.integer({ min: 100, max: 199 }) }), {
          maxLength: 4,
        }),
      }),
    }),
    { maxLength, size: 'max' },
  )

describe('countEvent', () => {
  test('keeps total and instants in order of what occurred, not of what arrived', () => {
    const facts = countAll([event(VIEW, 30), event(VIEW, 10), event(VIEW, 20), event(VIEW, 20)])
    expect(facts.counters[VIEW]).toEqual({ since: 1, total: 4, recentMs: [10, 20, 20, 30] })
  })

  test('leaves the facts as they are for a name that the book does not count', () => {
    expect(countEvent(blank, book, event('Hello', 1))).toBe(blank)
    expect(countEvent(blank, book, event('Unheard', 1))).toBe(blank)
    expect(countEvent(blank, book, event('constructor', 1))).toBe(blank)
  })

  test('keeps the newest instants and counts on beyond them', () => {
    const events = Array.from({ length: INSTANTS_MAX + 6 }, (_, i) => event(VIEW, i))
    const late = countAll([...events, event(VIEW, 2)]).counters[VIEW]
    expect(late?.total).toBe(INSTANTS_MAX + 7)
    expect(late?.recentMs).toEqual(events.slice(6).map((one) => one.occurredAtMs))
  })

  test('adds the worth of purchases only, in minor units', () => {
    const facts = countAll([
      event(PURCHASE, 1, { revenue: 0.1 }),
      event(PURCHASE, 2, { revenue: 0.2 }),
      event(PURCHASE, 3, { revenue: '7' }),
      event(PURCHASE, 4),
      event(VIEW, 5, { revenue: 99 }),
    ])
    expect(facts.purchasedMinor).toBe(30)
  })

  test('changes nothing in the facts that it was given', () => {
    const before = structuredClone(blank)
    countAll([event(PURCHASE, 1, { revenue: 1 }), event(RETURN, 2, { order_id: 'A' })])
    expect(blank).toEqual(before)
  })

  test('stops at an event whose counter was never loaded', () => {
    expect(() => countEvent(NO_FACTS, book, event(VIEW, 1))).toThrow('Broken invariant')
  })

  test('any order of the same events gives the same facts, also beyond what is kept', () => {
    fc.assert(
      fc.property(
        someEvents(400).chain((events) =>
          fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
        ),
        ([events, shuffled]) => {
          expect(JSON.stringify(countAll(shuffled))).toBe(JSON.stringify(countAll(events)))
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('minorUnits', () => {
  test.each([
    [12.5, 1250],
    [19.99, 1999],
    [0.005, 1],
    [-3, -300],
    ['12', 0],
    [null, 0],
    [undefined, 0],
    [1e300, 0],
  ])('%s is %s', (amount, minor) => expect(minorUnits(amount)).toBe(minor))
})

describe('returned ids', () => {
  test('are those of the order and of its products, numbers as text', () => {
    expect(
      returnedIds({
        order_id: 'A1',
        products: [{ product_id: 'p' }, { product_id: 7 }, {}, 'x', null],
      }),
    ).toEqual(['A1', 'p', '7'])
    expect(returnedIds({ order_id: '', products: 'none' })).toEqual([])
  })

  test('stay once each, at the newest return, the newest of them', () => {
    const first = addReturned(NOTHING_RETURNED, ['a', 'b', 'a'], 1)
    expect(addReturned(first, ['a'], 2)).toEqual({ returned: ['b', 'a'], returnedAtMs: [1, 2] })
    const many = Array.from({ length: RETURNED_MAX }, (_, i) => `x${i}`)
    const full = addReturned(first, many, 3)
    expect(full.returned).toHaveLength(RETURNED_MAX)
    expect(full.returned).not.toContain('a')
  })
})

describe('changeFacts', () => {
  const facts = changeFacts(blank, { traits: { tier: 'gold', age: 3 }, has: { email: true } })

  test('sets traits and presence', () => {
    expect(facts.traits).toEqual({ tier: 'gold', age: 3 })
    expect(facts.has).toEqual({ email: true })
  })

  test('takes a trait away by null and leaves the others', () => {
    const changed = changeFacts(facts, { traits: { tier: null }, has: { email: false } })
    expect(changed.traits).toEqual({ age: 3 })
    expect(changed.has).toEqual({ email: false })
  })

  test('returns the same facts where nothing of them changed', () => {
    expect(changeFacts(facts, { known: true, zone: 'Europe/Madrid' })).toBe(facts)
  })
})

describe('missingFacts', () => {
  const rich = bookOf({
    traits: { tier: { since: 2 } },
    presence: { email: { since: 1 } },
    dates: { birthday: { since: 2 } },
  })

  test('names everything counted or read for a customer of whom nothing was loaded', () => {
    expect(missingFacts(knownFacts(NO_FACTS), rich)).toEqual({
      events: [PURCHASE, RETURN, VIEW],
      traits: ['tier'],
      presence: ['email'],
      dates: ['birthday'],
    })
  })

  test('names nothing once the book was loaded', () => {
    const facts = applyLoaded(NO_FACTS, rich, nothingLoaded)
    expect(missingFacts(knownFacts(facts), rich)).toEqual({
      events: [],
      traits: [],
      presence: [],
      dates: [],
    })
  })

  test('names what was dropped by a book in between, and what is newly counted', () => {
    const facts = applyLoaded(NO_FACTS, rich, nothingLoaded)
    const later = bookOf({
      events: { ...rich.events, [VIEW]: kept(5), Hello: kept(1) },
      traits: { tier: { since: 5 } },
      presence: { email: { since: 1 }, tier: { since: 5 } },
      dates: { birthday: { since: 5 }, trialEnds: { since: 5 } },
    })
    expect(missingFacts(knownFacts(facts), later)).toEqual({
      events: ['Hello', VIEW],
      traits: ['tier'],
      presence: ['tier'],
      dates: ['birthday', 'trialEnds'],
    })
  })
})

describe('dates', () => {
  const dated = bookOf({ dates: { birthday: { since: 2 }, trialEnds: { since: 2 } } })
  const loaded = { ...nothingLoaded, dates: { birthday: '--12-06', trialEnds: '2026-12-06' } }
  const facts = applyLoaded(NO_FACTS, dated, loaded)

  test('are loaded, changed and taken away like traits', () => {
    expect(facts.dates).toEqual(loaded.dates)
    const changed = changeFacts(facts, { dates: { birthday: '--03-01', trialEnds: null } })
    expect(changed.dates).toEqual({ birthday: '--03-01' })
  })

  test('go when the book no longer names them, and are kept while it does', () => {
    const later = bookOf({ dates: { trialEnds: { since: 2 } } })
    expect(applyLoaded(facts, later, nothingLoaded).dates).toEqual({ trialEnds: '2026-12-06' })
    expect(applyLoaded(facts, bookOf({}), nothingLoaded).dates).toEqual({})
  })

  test('that a change leaves as they are stay the same object, so that nothing is reckoned anew', () => {
    const change = { traits: { tier: 'gold' }, dates: { birthday: '--12-06' } }
    expect(changeFacts(facts, change).dates).toBe(facts.dates)
    expect(changeFacts(facts, { dates: { gone: null } }).dates).toBe(facts.dates)
  })
})

describe('applyLoaded', () => {
  test('drops what the book no longer names', () => {
    const before = changeFacts(
      countAll([event(PURCHASE, 1, { revenue: 5 }), event(RETURN, 2, { order_id: 'A' })]),
      { traits: { tier: 'gold' }, has: { email: true } },
    )
    const facts = applyLoaded(before, bookOf({ events: { [VIEW]: kept(1) } }), nothingLoaded)
    expect(facts).toEqual({ ...NO_FACTS, counters: { [VIEW]: blank.counters[VIEW] } })
  })

  test('keeps what was held, takes what was missing', () => {
    const held = changeFacts(countAll([event(VIEW, 1), event(PURCHASE, 2, { revenue: 3 })]), {})
    const later = bookOf({
      events: { ...book.events, [PURCHASE]: kept(4) },
      traits: { tier: { since: 4 }, city: { since: 4 } },
      presence: { email: { since: 4 } },
    })
    const facts = applyLoaded(held, later, {
      ...nothingLoaded,
      events: {
        [PURCHASE]: { total: 3, recentMs: [9, 2, 5], valueMinor: 900 },
        [VIEW]: { total: 70, recentMs: [], valueMinor: 0 },
      },
      traits: { tier: 'gold', city: null },
      has: { email: true },
    })
    expect(facts.counters[PURCHASE]).toEqual({ since: 4, total: 3, recentMs: [2, 5, 9] })
    expect(facts.purchasedMinor).toBe(900)
    expect(facts.counters[VIEW]).toEqual(held.counters[VIEW])
    expect(facts.traits).toEqual({ tier: 'gold' })
    expect(facts.has).toEqual({ email: true })
    expect(missingFacts(knownFacts(facts), later).events).toEqual([])
  })

  test('a count after a backfill is over all stored events: filtered before, loaded, and handled since', () => {
    fc.assert(
      fc.property(
        someEvents(150),
        fc.nat(150),
        fc.nat(150),
        fc.subarray([PURCHASE, RETURN, VIEW]),
        (events, a, b, named) => {
          const start = Math.min(a, b)
          const loadAt = Math.max(a, b)
          // The old book counted `named` only; the new one counts all, and comes with batch `loadAt`.
          const old = bookOf({ events: Object.fromEntries(named.map((name) => [name, kept(1)])) })
          let facts = applyLoaded(NO_FACTS, old, load(events.slice(0, start)))
          for (const one of events.slice(start, loadAt)) facts = countEvent(facts, old, one)
          const missing = missingFacts(knownFacts(facts), book).events
          expect(missing.toSorted()).toEqual(
            [PURCHASE, RETURN, VIEW].filter((name) => !named.includes(name)),
          )
          facts = applyLoaded(facts, book, load(events.slice(0, loadAt)))
          const counted = countAll(events.slice(loadAt), facts)
          expect(JSON.stringify(counted)).toBe(JSON.stringify(countAll(events)))
        },
      ),
      { numRuns: 200 },
    )
  })
})

import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIFECYCLE_STATES } from '../journeys/journey.ts'
import type { LifecycleState } from '../journeys/journey.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import { applyLoaded, countEvent, NO_FACTS } from './facts.ts'
import { lifecycleAt } from './lifecycle.ts'
import type { LifecycleVerdict } from './lifecycle.ts'
import type { LifecycleFacts } from './lifecycle-milestones.ts'
import { DEFAULT_LIFECYCLE_RULES } from './lifecycle-rules.ts'
import type { LifecycleRules } from './lifecycle-rules.ts'

const DAY = 86_400_000
const EVENTS = ['Order Completed', 'Product Viewed', 'Signed Up'] as const

const days = (max: number) => fc.integer({ min: 1, max }).map((n) => `P${n}D`)

/** Any thresholds, also foolish ones such as `lost` before `waiting`. */
const anyRules: fc.Arbitrary<LifecycleRules> = fc.record({
  purchase: fc.constant({ event: 'Order Completed', value: 'revenue' }),
  engagement: fc.constant(['Product Viewed']),
  registration: fc.constant(['Signed Up']),
  newFor: days(60),
  waitingAfter: days(60),
  atRiskAfter: days(120),
  lostAfter: days(200),
  repeater: fc.record({ purchases: fc.integer({ min: 1, max: 4 }), within: days(200) }),
  hero: fc.record({
    purchases: fc.integer({ min: 1, max: 6 }),
    within: days(200),
    value: fc.constantFrom(0, 500),
    engagedWithin: days(60),
  }),
  holdFor: days(60),
})

const RULES: LifecycleRules = {
  ...DEFAULT_LIFECYCLE_RULES,
  repeater: { purchases: 2, within: 'P90D' },
  hero: { purchases: 3, within: 'P90D', value: 500, engagedWithin: 'P45D' },
}

const instants = fc
  .array(fc.integer({ min: 0, max: 600 * DAY }), { maxLength: 40, size: 'max' })
  .map((list) => list.toSorted((a, b) => a - b))

function factsWith(rules: fc.Arbitrary<LifecycleRules>, dropped: fc.Arbitrary<number>) {
  const counter = fc
    .tuple(instants, dropped)
    .map(([recentMs, more]) => ({ recentMs, total: recentMs.length + (recentMs.length && more) }))
  return fc
    .record({
      rules,
      counters: fc.record({
        'Order Completed': counter,
        'Product Viewed': counter,
        'Signed Up': counter,
      }),
      purchasedMinor: fc.constantFrom(0, 49_999, 50_000),
      known: fc.boolean(),
      createdAtMs: fc.option(fc.integer({ min: 0, max: 600 * DAY }), { nil: undefined }),
    })
    .map(({ createdAtMs, ...facts }): LifecycleFacts =>
      createdAtMs === undefined ? facts : { ...facts, createdAtMs },
    )
}

const anyFacts = factsWith(anyRules, fc.constantFrom(0, 0, 5))

const lastInstant = (facts: LifecycleFacts) =>
  Math.max(0, facts.createdAtMs ?? 0, ...Object.values(facts.counters).flatMap((c) => c.recentMs))

const RANK: readonly LifecycleState[] = [
  'new',
  'prospect',
  'hero',
  'repeater',
  'occasional',
  'waiting',
  'at_risk',
  'lost',
  'ghost',
]

describe('lifecycleAt, for any facts and any thresholds', () => {
  test('gives exactly one of the nine states, at any instant', () => {
    fc.assert(
      fc.property(anyFacts, fc.integer({ min: -DAY, max: 2000 * DAY }), (facts, nowMs) => {
        const verdict = lifecycleAt(facts, nowMs)
        expect(LIFECYCLE_STATES).toContain(verdict.state)
        expect(verdict.reason).not.toMatch(/NaN|Infinity|undefined|-/)
      }),
    )
  })

  test('names the exact instant of the next change', () => {
    fc.assert(
      fc.property(
        anyFacts,
        fc.integer({ min: 0, max: 400 * DAY }),
        fc.array(fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true }), { maxLength: 8 }),
        (facts, later, samples) => {
          const nowMs = lastInstant(facts) + later
          const { state, nextAtMs } = lifecycleAt(facts, nowMs)
          const endMs = nextAtMs ?? nowMs + 5000 * DAY
          expect(endMs).toBeGreaterThan(nowMs)
          const next = nextAtMs === null ? null : lifecycleAt(facts, nextAtMs).state
          expect(next).not.toBe(state)
          for (const atMs of [
            endMs - 1,
            ...samples.map((s) => nowMs + Math.floor(s * (endMs - nowMs))),
          ]) {
            expect(lifecycleAt(facts, atMs).state).toBe(state)
          }
        },
      ),
      { numRuns: 500 },
    )
  })

  test('never returns to an earlier state while nothing happens', () => {
    fc.assert(
      fc.property(anyFacts, (facts) => {
        let verdict = lifecycleAt(facts, lastInstant(facts))
        while (verdict.nextAtMs !== null) {
          const next = lifecycleAt(facts, verdict.nextAtMs)
          expect(RANK.indexOf(next.state)).toBeGreaterThan(RANK.indexOf(verdict.state))
          verdict = next
        }
      }),
      { numRuns: 500 },
    )
  })
})

describe('the order of arrival', () => {
  const book: RuleBook = {
    hash: 'h',
    events: Object.fromEntries(
      EVENTS.map((name) => [name, { since: 1, properties: {}, counted: true }]),
    ),
    traits: {},
    presence: {},
    lifecycle: RULES,
    lifecycleEntries: [],
  }
  const blank = applyLoaded(NO_FACTS, book, {
    book,
    definitions: [],
    events: {},
    traits: {},
    has: {},
    returned: [],
    returnedAtMs: [],
  })
  const events = fc.array(
    fc.record({
      name: fc.constantFrom(...EVENTS),
      occurredAtMs: fc.integer({ min: 0, max: 400 * DAY }),
      properties: fc.record({ revenue: fc.double({ min: 0, max: 300, noNaN: true }) }),
    }),
    { maxLength: 300, size: 'max' },
  )

  test('changes nothing: same events, same lifecycle, also beyond the instants that are kept', () => {
    fc.assert(
      fc.property(
        events.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        fc.integer({ min: 400 * DAY, max: 700 * DAY }),
        fc.boolean(),
        ([all, shuffled], nowMs, known) => {
          const [one, other] = [all, shuffled].map((list) => {
            const facts = list.reduce((so, event) => countEvent(so, book, event), blank)
            return lifecycleAt({ rules: RULES, ...facts, known }, nowMs)
          })
          expect(other).toEqual(one)
        },
      ),
      { numRuns: 100 },
    )
  })
})

/** What the facts were at `atMs`: the same customer, with nothing that came later. */
const until = (facts: LifecycleFacts, atMs: number): LifecycleFacts => {
  const { createdAtMs, ...rest } = facts
  const counters = Object.fromEntries(
    EVENTS.map((name) => {
      const recentMs = (facts.counters[name]?.recentMs ?? []).filter((ms) => ms <= atMs)
      return [name, { total: recentMs.length, recentMs }]
    }),
  )
  return {
    ...rest,
    counters,
    ...(createdAtMs !== undefined && createdAtMs <= atMs ? { createdAtMs } : {}),
  }
}

/** The state and its beginning, told in order: at each event, and at each change announced. */
function replayed(facts: LifecycleFacts, nowMs: number): Partial<LifecycleVerdict> {
  const happened = Object.values(facts.counters).flatMap((counter) => counter.recentMs)
  if (facts.createdAtMs !== undefined) happened.push(facts.createdAtMs)
  const inOrder = happened.toSorted((a, b) => a - b)
  let told: Partial<LifecycleVerdict> = {}
  for (const [i, eventMs] of inOrder.entries()) {
    const endMs = inOrder[i + 1] ?? nowMs + 1
    let atMs: number | null = eventMs
    while (atMs !== null && (atMs === eventMs || atMs < endMs)) {
      const { state, nextAtMs }: LifecycleVerdict = lifecycleAt(until(facts, atMs), atMs)
      if (told.state !== state) told = { state, sinceMs: atMs }
      atMs = nextAtMs
    }
  }
  return told
}

describe('sinceMs', () => {
  test('is the instant at which the state began, as if everything had been told in order', () => {
    fc.assert(
      fc.property(
        factsWith(fc.constant(RULES), fc.constant(0)),
        fc.integer({ min: 0, max: 200 * DAY }),
        (facts, later) => {
          const nowMs = lastInstant(facts) + later
          const { state, sinceMs } = lifecycleAt(facts, nowMs)
          fc.pre(sinceMs !== undefined)
          expect({ state, sinceMs }).toEqual(replayed(facts, nowMs))
        },
      ),
      { numRuns: 2000 },
    )
  })

  test.each<LifecycleState[]>([
    ['hero', 'repeater', 'lost', 'at_risk', 'waiting', 'occasional', 'ghost', 'new', 'prospect'],
    ['lost', 'hero', 'at_risk', 'ghost', 'new', 'waiting', 'repeater', 'occasional', 'prospect'],
  ])('is that under another priority: %s first', (...priority) => {
    fc.assert(
      fc.property(
        factsWith(fc.constant({ ...RULES, priority }), fc.constant(0)),
        fc.integer({ min: 0, max: 200 * DAY }),
        (facts, later) => {
          const nowMs = lastInstant(facts) + later
          const { state, sinceMs } = lifecycleAt(facts, nowMs)
          fc.pre(sinceMs !== undefined)
          expect({ state, sinceMs }).toEqual(replayed(facts, nowMs))
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('is the same, or not told, where older instants were dropped', () => {
    fc.assert(
      fc.property(
        factsWith(fc.constant(RULES), fc.constant(0)),
        fc.integer({ min: 0, max: 200 * DAY }),
        fc.constantFrom(...EVENTS),
        fc.integer({ min: 6, max: 30 }),
        (facts, later, name, keep) => {
          const counter = facts.counters[name]
          if (counter === undefined) return
          const nowMs = lastInstant(facts) + later
          const whole = lifecycleAt(facts, nowMs)
          const cut = lifecycleAt(
            {
              ...facts,
              counters: {
                ...facts.counters,
                [name]: { total: counter.total, recentMs: counter.recentMs.slice(-keep) },
              },
            },
            nowMs,
          )
          if (whole.state === 'new') return
          expect(cut.state).toBe(whole.state)
          expect(cut.nextAtMs).toBe(whole.nextAtMs)
          expect([undefined, whole.sinceMs]).toContain(cut.sinceMs)
        },
      ),
      { numRuns: 1000 },
    )
  })
})

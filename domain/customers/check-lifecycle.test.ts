import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { LIFECYCLE_STATES, type LifecycleState } from '../journeys/journey.ts'
import { checkLifecycle } from './check-lifecycle.ts'
import { compileLifecycle } from './compile-lifecycle.ts'
import type { LifecycleDocument } from './lifecycle-document.ts'
import type { LifecycleFacts } from './lifecycle-milestones.ts'
import { LIFECYCLE_PRESETS } from './lifecycle-presets.ts'
import { DEFAULT_LIFECYCLE_RULES, DEFAULT_PRIORITY } from './lifecycle-rules.ts'
import { lifecycleAt } from './lifecycle.ts'

const DAY = 86_400_000

const found = (document: unknown) =>
  checkLifecycle(document).findings.map(({ code, path, severity }) => `${severity} ${code} ${path}`)

const days = (min: number, max: number) => fc.integer({ min, max }).map((n) => `P${n}D`)
const anyPriority = fc.shuffledSubarray([...LIFECYCLE_STATES], {
  minLength: LIFECYCLE_STATES.length,
})

/** Documents of the right shape, sound or not. */
const anyDocument: fc.Arbitrary<LifecycleDocument> = fc.record(
  {
    preset: fc.constantFrom(...LIFECYCLE_PRESETS),
    currency: fc.constant('EUR'),
    newFor: days(1, 90),
    waitingAfter: days(1, 90),
    atRiskAfter: days(1, 200),
    lostAfter: days(1, 400),
    repeater: fc.record(
      { purchases: fc.integer({ min: 1, max: 5 }), within: days(1, 400) },
      { requiredKeys: [] },
    ),
    hero: fc.record(
      {
        purchases: fc.integer({ min: 1, max: 8 }),
        within: days(1, 400),
        value: fc.constantFrom(0, 500),
        engagedWithin: days(1, 200),
      },
      { requiredKeys: [] },
    ),
    holdFor: days(1, 90),
    priority: fc.oneof(fc.constant([...DEFAULT_PRIORITY]), anyPriority),
  },
  { requiredKeys: [] },
)

/** What a customer did under these rules: any events of theirs, in any order. */
const factsUnder = (document: LifecycleDocument): fc.Arbitrary<LifecycleFacts> => {
  const rules = compileLifecycle(document, 1)
  const names = [rules.purchase.event, rules.engagement[0]!, rules.registration[0]!]
  const counter = fc
    .array(fc.integer({ min: 0, max: 800 * DAY }), { maxLength: 20 })
    .map((list) => ({ total: list.length, recentMs: list.toSorted((a, b) => a - b) }))
  return fc
    .record({
      counters: fc.tuple(counter, counter, counter),
      purchasedMinor: fc.constantFrom(0, 1_000_000),
      known: fc.boolean(),
    })
    .map(({ counters, ...rest }) => ({
      ...rest,
      rules,
      counters: Object.fromEntries(names.map((name, index) => [name, counters[index]!])),
    }))
}

/** The states of a customer who does nothing more, from the last event on. */
function statesFrom(facts: LifecycleFacts): LifecycleState[] {
  let atMs: number | null = Math.max(
    0,
    ...Object.values(facts.counters).flatMap(({ recentMs }) => recentMs),
  )
  const states: LifecycleState[] = []
  while (atMs !== null) {
    const verdict = lifecycleAt(facts, atMs)
    states.push(verdict.state)
    atMs = verdict.nextAtMs
  }
  return states
}

/** Where a state stands on the way down. Side by side stands what nobody goes between. */
const PLACE: Record<LifecycleState, number> = {
  ghost: 0,
  hero: 0,
  repeater: 1,
  new: 1,
  occasional: 2,
  prospect: 2,
  waiting: 3,
  at_risk: 4,
  lost: 5,
}
const isDownhill = (states: readonly LifecycleState[]) =>
  states.every((state, index) => index === 0 || PLACE[state] > PLACE[states[index - 1]!])

describe('rules that pass', () => {
  test('are those of every preset, and none at all', () => {
    expect(found({})).toEqual([])
    for (const preset of LIFECYCLE_PRESETS) expect(found({ preset })).toEqual([])
    expect(compileLifecycle({}, 3)).toEqual({ ...DEFAULT_LIFECYCLE_RULES, version: 3 })
  })

  test('have one state for everybody at every instant, and left alone it only moves down the line', () => {
    fc.assert(
      fc.property(
        anyDocument
          .filter((document) => checkLifecycle(document).document !== null)
          .chain((document) => factsUnder(document)),
        fc.integer({ min: 0, max: 2_000 * DAY }),
        (facts, atMs) => {
          expect(LIFECYCLE_STATES).toContain(lifecycleAt(facts, atMs).state)
          const states = statesFrom(facts)
          expect(isDownhill(states), states.join(' → ')).toBe(true)
        },
      ),
      { numRuns: 1_000 },
    )
  })

  test('are found downhill also under every order of the states that passes', () => {
    const passing = fc
      .array(fc.integer(), { minLength: 9, maxLength: 9 })
      .map(orderBy)
      .filter((priority) => checkLifecycle({ priority }).document !== null)
    fc.assert(
      fc.property(
        passing.chain((priority) => factsUnder({ priority, waitingAfter: 'P40D' })),
        (facts) => isDownhill(statesFrom(facts)),
      ),
      { numRuns: 1_000 },
    )
  })
})

/** An order of the states in which the chains are kept, by weights. */
function orderBy(weights: readonly number[]): LifecycleState[] {
  const chains: LifecycleState[][] = [
    ['lost', 'at_risk', 'waiting', 'occasional', 'prospect'],
    ['hero', 'repeater'],
    ['ghost', 'new'],
  ]
  const left = chains.map((chain) => [...chain])
  return weights.flatMap((weight) => {
    const open = left.filter((chain) => chain.length > 0)
    return open[Math.abs(weight) % open.length]?.shift() ?? []
  })
}

describe('rules that would flicker', () => {
  test('are refused, whatever the order of the states and whoever flickers', () => {
    fc.assert(
      fc.property(
        anyPriority.chain((priority) =>
          fc.tuple(fc.constant(priority), factsUnder({ preset: 'shop', priority })),
        ),
        ([priority, facts]) => {
          if (isDownhill(statesFrom(facts))) return
          expect(found({ priority })).toContain('error priority_out_of_order /priority')
        },
      ),
      { numRuns: 2_000 },
    )
  })

  test('such as a repeater who becomes a hero by doing nothing', () => {
    const priority: LifecycleState[] = DEFAULT_PRIORITY.filter((state) => state !== 'hero')
    priority.splice(priority.indexOf('repeater') + 1, 0, 'hero')
    const document: LifecycleDocument = {
      priority: [
        'ghost',
        'repeater',
        'hero',
        'lost',
        'at_risk',
        'waiting',
        'occasional',
        'new',
        'prospect',
      ],
      repeater: { purchases: 1, within: 'P10D' },
      hero: { purchases: 1, within: 'P300D', value: 0, engagedWithin: 'P300D' },
    }
    const facts: LifecycleFacts = {
      rules: compileLifecycle(document, 1),
      counters: { 'Order Completed': { total: 1, recentMs: [0] } },
      purchasedMinor: 0,
      known: true,
    }
    expect(statesFrom(facts)).toEqual(['repeater', 'hero', 'lost'])
    expect(found(document)).toContain('error priority_out_of_order /priority')
    expect(found({ priority })).toEqual(['error priority_out_of_order /priority'])
  })
})

test.each([
  ['a silence that is not longer', { waitingAfter: 'P90D' }, 'silence_out_of_order /waitingAfter'],
  [
    'the same of a preset',
    { preset: 'travel', lostAfter: 'P300D' },
    'silence_out_of_order /lostAfter',
  ],
  ['no duration', { hero: { within: 'a year' } }, 'bad_duration /hero/within'],
  ['no time at all', { holdFor: 'P0D' }, 'bad_duration /holdFor'],
  ['a state that is missing', { priority: ['ghost', 'lost'] }, 'priority_incomplete /priority'],
  ['no such preset', { preset: 'bank' }, 'unknown_value /preset'],
  ['a word for a currency', { currency: 'euro' }, 'bad_format /currency'],
  ['more purchases than are kept', { hero: { purchases: 40 } }, 'out_of_range /hero/purchases'],
])('%s is refused at its place', (_what, document, finding) => {
  expect(found(document)).toContain(`error ${finding}`)
  expect(checkLifecycle(document).document).toBeNull()
})

test('a hero who need not be a repeater, and an event that nobody sends, are worth a word', () => {
  expect(found({ hero: { purchases: 1 } })).toEqual(['warning hero_below_repeater /hero'])
  const known = {
    events: new Map([['Order Completed', { count: 500, properties: new Set<string>() }]]),
    traits: { customers: 0, names: new Set<string>() },
    journeys: [],
  }
  const { findings } = checkLifecycle({ engagement: ['Prodct Viewed'] }, known)
  expect(findings).toMatchObject([{ code: 'unknown_event', path: '/engagement/0' }])
})

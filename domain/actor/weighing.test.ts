import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey } from '../../test/support/journeys.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { DEFAULT_ARBITRATION } from '../decisioning/arbitration-rules.ts'
import type { Journey } from '../journeys/journey.ts'
import type { BookArbitration } from '../journeys/rule-book.ts'
import { publishedAs } from '../simulation.ts'

const START = '2026-12-01T10:00:00Z'
const again = { mode: 'afterExit' } as const
const auto = (key: string, value: number, parts: Partial<Journey> = {}): Journey =>
  journey(key, {
    arbitration: { mode: 'auto', value },
    entry: { on: [{ event: `Go ${key}` }], reentry: again },
    ...parts,
  })
const manual = (key: string, rank: number): Journey =>
  journey(key, {
    arbitration: { mode: 'manual', rank },
    entry: { on: [{ event: `Go ${key}` }], reentry: again },
  })
const weighed = (
  journeys: readonly Journey[],
  arbitration: Partial<BookArbitration> = {},
): ActorPlayer => {
  const versions = journeys.map((each) => ({
    journey: each,
    version: 1,
    hash: each.key,
    live: true,
  }))
  const published = publishedAs(versions, {
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    arbitration: { settings: DEFAULT_ARBITRATION, context: [], ...arbitration },
  })
  return new ActorPlayer([], START).publish(published).reachable()
}

describe('arbitration rules that are published', () => {
  test('set margin, dwell and the number of switches for the very next decision', () => {
    const settings = { ...DEFAULT_ARBITRATION, margin: 3, dwellMs: 0 }
    const player = weighed([auto('a', 10), auto('b', 30), auto('c', 50)], { settings })
    player.event('Go a').event('Go b').event('Go c')
    expect(player.decisions.map(({ outcome }) => outcome)).toEqual(['enter', 'stay', 'switch'])
    expect(player.requests.at(-1)).toMatchObject({ settings })
  })

  test('leave no trace in a request where none are', () => {
    const player = new ActorPlayer([auto('a', 10)], START).reachable().event('Go a')
    expect(player.requests[0]).not.toHaveProperty('settings')
    expect(player.requests[0]).not.toHaveProperty('serviceRuns')
    expect(player.requests[0]?.candidates[0]).not.toHaveProperty('context')
  })

  const context = [
    { name: 'gold', when: "customer.traits.plan == 'gold'", multiply: 3 },
    { name: 'only a', when: 'true', multiply: 0.5, journeys: ['a'] },
    { name: 'service', when: 'true', multiply: 9, classes: ['service' as const] },
  ]

  test('multiply where their condition holds, for the journeys and classes they name', () => {
    const player = weighed([auto('a', 10), auto('b', 20)], { context }).learn({
      traits: { plan: 'gold' },
    })
    player.event('Go a').event('Go b')
    expect(player.decisions[0]?.fates[0]?.score).toEqual({
      propensity: 0.1,
      context: 1.5,
      value: 10,
      lever: 1,
      total: expect.closeTo(1.5),
      factors: { gold: 3, 'only a': 0.5 },
    })
    expect(player.requests[1]).toMatchObject({
      active: { context: { gold: 3, 'only a': 0.5 } },
      candidates: [{ context: { gold: 3 } }],
    })
    expect(player.actor.runs[0]?.worth).toBeCloseTo(1.5)
  })

  test('whose condition fails on the data of a customer do not multiply, and are counted', () => {
    const player = weighed([auto('a', 10)], {
      context: [{ name: 'gold', when: 'customer.traits.plan > 3', multiply: 3 }],
    })
    player.learn({ traits: { plan: 'gold' } }).event('Go a')
    expect(player.decisions[0]?.fates[0]?.score).toMatchObject({ context: 1, total: 1 })
    expect(player.records.flatMap(({ failures }) => failures)).toMatchObject([
      { journey: 'arbitration', version: 0, path: '/context/0/when' },
    ])
  })
})

describe('at most three journeys deep', () => {
  test('the paused one that is worth least is given up, and the timeline says why', () => {
    const player = weighed([manual('low', 1), manual('mid', 2), manual('high', 3), auto('a', 1e6)])
    player.event('Go a').event('Go low').event('Go mid').event('Go high')
    expect([player.active, player.paused]).toEqual(['high:rest', ['low', 'mid']])
    expect(player.endings).toEqual(['a: too_many_paused_runs'])
    const entries = player.records.flatMap((record) => record.entries)
    expect(entries.map(({ summary }) => summary)).toContain(
      'left a@1: too_many_paused_runs (at most 3 may be open, and of those paused it is worth least)',
    )
  })

  test('worth is that of the decision, its context included', () => {
    const settings = { ...DEFAULT_ARBITRATION, dwellMs: 0, switchesMax: 9 }
    const context = [{ name: 'favourite', when: 'true', multiply: 100, journeys: ['a'] }]
    const player = weighed([auto('a', 1), auto('b', 20), manual('low', 1), manual('high', 2)], {
      settings,
      context,
    })
    player.event('Go b').event('Go a').event('Go low').event('Go high')
    expect(player.paused).toEqual(['a', 'low'])
    expect(player.endings).toEqual(['b: too_many_paused_runs'])
  })
})

test('Cycle: A preempts B preempts A is bounded by dwell', () => {
  // Whichever of the two does not run is worth twice the other: each would always take over.
  const context = [
    { name: 'a is out', when: "!inJourney('a')", multiply: 2, journeys: ['a'] },
    { name: 'b is out', when: "!inJourney('b')", multiply: 2, journeys: ['b'] },
  ]
  const abandoning = { onPreempt: 'abandon' } as const
  const journeys = [auto('a', 10, abandoning), auto('b', 10, abandoning)]
  const freely = { ...DEFAULT_ARBITRATION, switchesMax: 1_000 }
  const switchesIn = (settings: BookArbitration['settings']): number => {
    const player = weighed(journeys, { settings, context })
    const startMs = Date.parse(START)
    for (let minutes = 0; minutes < 3 * 24 * 60; minutes += 30) {
      player.until(new Date(startMs + minutes * 60_000).toISOString())
      player.batch([player.item('Go a'), player.item('Go b')])
    }
    return player.decisions.filter(({ outcome }) => outcome === 'switch').length
  }
  expect(switchesIn({ ...freely, dwellMs: 0 })).toBeGreaterThan(100)
  expect(switchesIn(freely)).toBe(2)
  expect(switchesIn(DEFAULT_ARBITRATION)).toBe(2)
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Journey } from '../../domain/journeys/journey.ts'
import { checkJourney } from '../../domain/journeys/journey-problems.ts'
import { journey } from '../support/journeys.ts'
import { fuzzProperty, live, noFigures } from './fuzz-journeys.ts'
import type { RandomLife } from './random-lives.ts'

const said = (...events: string[]): RandomLife => ({
  zone: 'UTC',
  isReachable: true,
  moments: events.map((event) => ({
    afterHours: 1,
    what: { type: 'track', event, properties: {}, lateHours: 0 },
  })),
  sends: ['sent'],
  status: 200,
  answer: null,
})

describe('random and mutated definitions', () => {
  test('never break the checker, and what it passes never breaks a customer', () => {
    const figures = noFigures()
    fc.assert(fuzzProperty(figures), { seed: 20_261_122, numRuns: 2_000 })
    expect(figures.definitions).toBe(2_000)
    // Else it would look at nothing.
    expect(figures.passed).toBeGreaterThan(500)
    expect(figures.runs).toBeGreaterThan(500)
    expect(figures.codes.size).toBeGreaterThan(25)
  }, 60_000)

  test('200 steps may lie on either side of a wait that was met on the way there', () => {
    const updates = (name: string, count: number, next: string): Journey['steps'] =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `${name}${index}`,
          {
            type: 'update',
            set: { a: index },
            next: index + 1 < count ? `${name}${index + 1}` : next,
          },
        ]),
      )
    const definition = journey('long', {
      start: 'rest',
      steps: {
        rest: { type: 'wait', for: 'P1D', next: 'a0' },
        ...updates('a', 199, 'hear'),
        hear: {
          type: 'waitFor',
          event: 'Product Viewed',
          within: 'P1D',
          sinceEntry: true,
          next: 'b0',
          onTimeout: 'done',
        },
        ...updates('b', 199, 'done'),
        done: { type: 'exit' },
      },
      messages: {},
    })
    const { journey: passed, findings } = checkJourney(definition)
    expect(findings).toEqual([])
    expect(passed && live(passed, said('Signed Up', 'Product Viewed'))).toBe(1)
  })

  test('a definition that the checker must not pass would be noticed', () => {
    const spin: Journey['steps'] = {
      hello: { type: 'update', set: { a: 1 }, next: 'hello' },
    }
    expect(live(journey('fine'), said('Signed Up'))).toBe(1)
    expect(() => live(journey('spins', { steps: spin }), said('Signed Up'))).toThrow(
      'no definition error',
    )
  })
})

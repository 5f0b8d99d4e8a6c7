import { describe, expect, test } from 'vitest'
import { newCustomer } from './actor/new-customer.ts'
import type { Journey } from './journeys/journey.ts'
import type { SimulatedAnswers } from './simulated-calls.ts'
import { publishedTogether, simulate } from './simulation.ts'

const START = Date.parse('2026-12-01T10:00:00Z')

const asking: Journey = {
  key: 'asking',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Signed Up' }] },
  start: 'ask',
  steps: {
    ask: {
      type: 'webhook',
      url: 'https://x.example/',
      saveAs: 'quote',
      next: 'look',
      onFail: 'failed',
    },
    look: {
      type: 'branch',
      cases: [{ when: 'answers.quote.body.score > 50', next: 'high' }],
      else: 'low',
    },
    high: { type: 'exit', reason: 'high' },
    low: { type: 'exit', reason: 'low' },
    failed: { type: 'exit', reason: 'failed' },
  },
}

function play(answers?: SimulatedAnswers, journey = asking) {
  const customer = { customerId: 'c1', test: false, zone: 'UTC', known: true }
  const instants = { occurredAtMs: START, receivedAtMs: START }
  const { records } = simulate({
    actor: newCustomer(customer, START),
    rules: publishedTogether([journey]),
    items: [{ type: 'event', seq: 1, name: 'Signed Up', properties: {}, ...instants }],
    untilMs: START + 86_400_000,
    ...(answers === undefined ? {} : { answers }),
  })
  const entries = records.flatMap((record) => record.entries)
  const last = entries.at(-1)
  return {
    told: entries.filter(({ kind }) => kind === 'call').map(({ summary }) => summary),
    ended: last?.summary,
    afterMinutes: ((last?.atMs ?? 0) - START) / 60_000,
  }
}

describe('a simulated webhook', () => {
  test('answers 200 with an empty body, where nothing is said of it', () => {
    expect(play()).toMatchObject({
      told: ['asking@1 · ask: answered 200'],
      ended: 'left asking@1: low',
    })
  })

  test.each(['quote', 'asking/ask'])('answers what is given for %s', (name) => {
    expect(play({ [name]: { status: 200, body: { score: 80 } } }).ended).toBe('left asking@1: high')
  })

  test('the step goes before the name that it saves under', () => {
    const answers = {
      quote: { status: 200, body: { score: 80 } },
      'asking/ask': { status: 404 },
    }
    expect(play(answers)).toMatchObject({
      told: ['asking@1 · ask: http_404'],
      ended: 'left asking@1: failed',
    })
  })

  test('is not called where an exit of its run holds on the way there', () => {
    const leaving: Journey = {
      ...asking,
      exit: [{ when: 'customer.traits.asked == true' }],
      start: 'mark',
      steps: { mark: { type: 'update', set: { asked: true }, next: 'ask' }, ...asking.steps },
    }
    expect(play({}, leaving)).toMatchObject({ told: [], ended: 'left asking@1: exit' })
  })

  test('one that stays away is tried again by the schedule, and given up', () => {
    expect(play({ quote: { status: 503 } })).toEqual({
      told: ['asking@1 · ask: gave_up: http_503'],
      ended: 'left asking@1: failed',
      afterMinutes: 1 + 5 + 15,
    })
  })
})

import { describe, expect, test } from 'vitest'
import { newCustomer } from './actor/new-customer.ts'
import type { BatchItem } from './actor/inputs.ts'
import type { Journey } from './journeys/journey.ts'
import { publishedTogether, simulate } from './simulation.ts'

const at = (text: string) => Date.parse(`${text}Z`)
const mail = (subject: string) => ({ email: { subject, html: subject } })

/** Three mails: at once, after three days at nine, after a week's silence. */
const welcome: Journey = {
  key: 'welcome',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Signed Up' }] },
  start: 'hello',
  steps: {
    hello: { type: 'message', message: 'one', next: 'rest' },
    rest: { type: 'wait', for: 'P3D', at: '09:00', next: 'tips' },
    tips: { type: 'message', message: 'two', next: 'look' },
    look: { type: 'waitFor', event: 'Asked', within: 'P7D', next: 'done', onTimeout: 'bye' },
    bye: { type: 'message', message: 'three', next: 'done' },
    done: { type: 'exit' },
  },
  messages: { one: mail('One'), two: mail('Two'), three: mail('Three') },
}

const returns: Journey = {
  key: 'returns',
  class: 'service',
  arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
  entry: { on: [{ event: 'Order Refunded' }] },
  start: 'sorry',
  steps: {
    sorry: { type: 'message', message: 'sorry', next: 'rest' },
    rest: { type: 'wait', for: 'P2D', next: 'done' },
    done: { type: 'exit' },
  },
  messages: { sorry: mail('Sorry') },
}

describe('row 2: events in any order', () => {
  const orders = [40, 35, 20, 3].map((daysAgo, index) => ({
    seq: index + 1,
    occurredAtMs: at('2026-12-01T00:00:00') - daysAgo * 86_400_000,
  }))
  const told = (order: readonly number[]) =>
    simulate({
      actor: newCustomer(
        { customerId: 'c1', test: false, zone: 'UTC', known: true },
        at('2026-12-01T00:00:00'),
      ),
      rules: publishedTogether([{ ...welcome, entry: { on: [{ event: 'Order Completed' }] } }]),
      items: order.map((index, place): BatchItem => ({
        type: 'event',
        name: 'Order Completed',
        receivedAtMs: at('2026-12-01T00:00:00') + place,
        properties: { revenue: 150 + index },
        ...orders[index]!,
      })),
      untilMs: at('2026-12-01T12:00:00'),
    })

  test('give the same facts and lifecycle; later than 24 h they change the state and send nothing', () => {
    const inOrder = told([0, 1, 2, 3])
    expect(inOrder.actor.lifecycle).toMatchObject({ state: 'repeater' })
    for (const order of [
      [3, 2, 1, 0],
      [2, 0, 3, 1],
      [1, 3, 0, 2],
    ]) {
      const { actor, deliveries, decisions } = told(order)
      expect(actor.facts).toEqual(inOrder.actor.facts)
      // The state before and the reason are those of the moment at which it changed.
      const { state, sinceMs, nextAtMs } = actor.lifecycle
      expect(inOrder.actor.lifecycle).toMatchObject({ state, sinceMs, nextAtMs })
      expect([deliveries, decisions]).toEqual([[], []])
    }
  })
})

describe('simulate', () => {
  test('plays two weeks, every mail at its own instant', () => {
    const { deliveries, actor } = play([welcome], [['2026-12-03T13:49:00', 'Signed Up']])
    expect(deliveries).toEqual([
      ['one', '2026-12-03T13:49:00.000Z'],
      ['two', '2026-12-07T09:00:00.000Z'],
      ['three', '2026-12-14T09:00:00.000Z'],
    ])
    expect(actor.runs).toEqual([])
  })

  test('stops at the end of its time, with the wait still open', () => {
    const { deliveries, actor } = play(
      [welcome],
      [['2026-12-03T13:49:00', 'Signed Up']],
      '2026-12-07T08:59:59',
    )
    expect(deliveries).toHaveLength(1)
    expect(actor.runs[0]?.wait).toMatchObject({ dueAtMs: at('2026-12-07T09:00:00') })
  })

  test('lets a locked journey take over and gives the rest of the wait back', () => {
    const { deliveries, decisions } = play(
      [welcome, returns],
      [
        ['2026-12-03T13:49:00', 'Signed Up'],
        ['2026-12-05T13:49:00', 'Order Refunded'],
      ],
      '2026-12-10T00:00:00',
    )
    expect(decisions).toEqual(['enter', 'switch', 'resume'])
    expect(deliveries).toEqual([
      ['one', '2026-12-03T13:49:00.000Z'],
      ['sorry', '2026-12-05T13:49:00.000Z'],
      // A day and more was left on the 7th at 13:49; then the next nine o'clock.
      ['two', '2026-12-09T09:00:00.000Z'],
    ])
  })

  test('leaves out what no rule names', () => {
    const { deliveries, actor } = play([welcome], [['2026-12-03T13:49:00', 'Page Viewed']])
    expect(deliveries).toEqual([])
    expect(actor.lastEventAtMs).toBeNull()
  })

  test('gives the same answer every time', () => {
    const story = [
      ['2026-12-03T13:49:00', 'Signed Up'],
      ['2026-12-05T13:49:00', 'Order Refunded'],
    ] as const
    expect(play([welcome, returns], story)).toEqual(play([welcome, returns], story))
  })
})

function play(
  journeys: readonly Journey[],
  events: readonly (readonly [at: string, name: string])[],
  until = '2027-01-31T00:00:00',
) {
  const [[first] = ['2026-12-01T00:00:00']] = events
  const { actor, deliveries, decisions } = simulate({
    actor: newCustomer({ customerId: 'c1', test: false, zone: 'UTC', known: true }, at(first)),
    rules: publishedTogether(journeys),
    items: [
      { type: 'facts', seq: 1, receivedAtMs: at(first), facts: { has: { email: true } } },
      ...events.map(([instant, name], index): BatchItem => ({
        type: 'event',
        seq: index + 2,
        name,
        occurredAtMs: at(instant),
        receivedAtMs: at(instant),
        properties: {},
      })),
    ],
    untilMs: at(until),
  })
  return {
    actor,
    deliveries: deliveries.map(({ message, nowMs }) => [message, new Date(nowMs).toISOString()]),
    decisions: decisions.map(({ outcome }) => outcome),
  }
}

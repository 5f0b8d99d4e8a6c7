import { readFileSync } from 'node:fs'
import { describe, expect, expectTypeOf, test } from 'vitest'
import { defineJourney } from './builder.ts'
import type { Journey } from './journey.ts'
import { checkJourney } from './journey-problems.ts'

const parts = {
  key: 'typed',
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'Signed Up' }] },
} as const
const hello = { email: { subject: 'Hello', html: 'Hello' } }

describe('defineJourney', () => {
  test('gives the very JSON, of the type that is published', () => {
    const journey = defineJourney({
      ...parts,
      start: 'hello',
      steps: {
        hello: { type: 'message', message: 'hello', next: 'look', onFail: 'done' },
        look: {
          type: 'branch',
          cases: [{ when: "has('email')", next: 'rest' }],
          else: 'rounds',
        },
        rest: { type: 'wait', for: 'P1D', next: 'listen' },
        listen: {
          type: 'waitFor',
          events: [{ event: 'Asked' }, { event: 'Bought', next: 'done' }],
          within: 'P1D',
          next: 'call',
          onTimeout: 'arms',
        },
        call: { type: 'webhook', url: 'https://a.example', body: { next: 'any' }, next: 'done' },
        arms: { type: 'split', arms: [{ id: 'a', weight: 100, next: 'done' }] },
        rounds: { type: 'repeat', times: 2, body: 'pause', next: 'done' },
        pause: { type: 'wait', for: 'P1D', next: 'rounds' },
        done: { type: 'exit' },
      },
      messages: { hello },
    })
    expectTypeOf(journey).toEqualTypeOf<Journey>()
    expect(checkJourney(journey).findings).toEqual([])
    expect(checkJourney(JSON.parse(JSON.stringify(journey))).journey).toEqual(journey)
  })

  test('needs no messages where nothing is said', () => {
    const journey = defineJourney({
      ...parts,
      start: 'rest',
      steps: { rest: { type: 'wait', for: 'P1D', next: 'done' }, done: { type: 'exit' } },
    })
    expect(checkJourney(journey).findings).toEqual([])
  })

  test('tells the example welcome journey as it stands in its file', () => {
    const file = new URL('../../examples/journeys/welcome.json', import.meta.url)
    const { messages, ...json } = JSON.parse(readFileSync(file, 'utf8')) as Journey
    const texts = messages as Record<
      'welcome' | 'already-back' | 'make-the-most' | 'ideas' | 'how-is-it' | 'two-weeks',
      typeof hello
    >
    const welcome = defineJourney({
      key: 'welcome',
      title: 'Two-week welcome',
      class: 'marketing',
      arbitration: { mode: 'auto', value: 12 },
      entry: {
        on: [{ event: 'Order Completed', when: "count('Order Completed') == 1" }],
        when: "consented('marketing', 'email')",
        reentry: { mode: 'never' },
      },
      exit: [
        {
          event: 'Order Refunded',
          when: 'event.properties.products.exists(sent, entry.properties.products.exists(bought, bought.product_id == sent.product_id))',
          reason: 'sent back',
        },
        { when: "customer.lifecycle == 'lost'", reason: 'gone' },
      ],
      onPreempt: 'pause',
      staleAfter: 'P14D',
      start: 'hello',
      steps: {
        hello: { type: 'message', message: 'welcome', next: 'unpack' },
        unpack: { type: 'wait', for: 'P3D', at: '09:00', next: 'look' },
        look: {
          type: 'branch',
          cases: [{ when: "count('Order Completed') > 1", next: 'regular' }],
          else: 'tips',
        },
        regular: { type: 'message', message: 'already-back', next: 'settle' },
        tips: { type: 'message', message: 'make-the-most', next: 'return-visit' },
        'return-visit': {
          type: 'waitFor',
          event: 'Order Completed',
          within: 'P3D',
          next: 'settle',
          onTimeout: 'ideas',
        },
        ideas: { type: 'message', message: 'ideas', next: 'settle' },
        settle: { type: 'wait', for: 'P3D', at: '09:00', next: 'ask' },
        ask: { type: 'message', message: 'how-is-it', next: 'last-days' },
        'last-days': { type: 'wait', for: 'P3D', at: '09:00', next: 'farewell' },
        farewell: { type: 'message', message: 'two-weeks', next: 'remember' },
        remember: { type: 'update', set: { welcomed: true }, next: 'done' },
        done: { type: 'exit', reason: 'completed' },
      },
      messages: texts,
    })
    expect(welcome).toEqual({ ...json, messages })
  })
})

/** What must not compile; `tsc` fails where an error that is expected does not come. */
export function refused(): void {
  const done = { type: 'exit' } as const
  // @ts-expect-error there is no step "begin"
  defineJourney({ ...parts, start: 'begin', steps: { done } })
  defineJourney({
    ...parts,
    start: 'rest',
    // @ts-expect-error "rest" leads nowhere
    steps: { rest: { type: 'wait', for: 'P1D', next: 'nowhere' }, done },
  })
  defineJourney({
    ...parts,
    start: 'look',
    steps: {
      // @ts-expect-error a case leads nowhere
      look: { type: 'branch', cases: [{ when: 'true', next: 'nowhere' }], else: 'done' },
      done,
    },
  })
  defineJourney({
    ...parts,
    start: 'arms',
    // @ts-expect-error an arm leads nowhere
    steps: { arms: { type: 'split', arms: [{ id: 'a', weight: 100, next: 'nowhere' }] }, done },
  })
  defineJourney({
    ...parts,
    start: 'rounds',
    // @ts-expect-error the body of a repetition is a step
    steps: { rounds: { type: 'repeat', times: 2, body: 'nowhere', next: 'done' }, done },
  })
  defineJourney({
    ...parts,
    start: 'say',
    // @ts-expect-error an optional link leads nowhere
    steps: { say: { type: 'message', message: 'hello', next: 'done', onFail: 'nowhere' }, done },
    messages: { hello },
  })
  defineJourney({
    ...parts,
    start: 'say',
    // @ts-expect-error there is no message "bye"
    steps: { say: { type: 'message', message: 'bye', next: 'done' }, done },
    messages: { hello },
  })
  defineJourney({
    ...parts,
    start: 'say',
    // @ts-expect-error there are no messages at all
    steps: { say: { type: 'message', message: 'hello', next: 'done' }, done },
  })
  defineJourney({
    ...parts,
    start: 'rest',
    // @ts-expect-error a wait has no field "during"
    steps: { rest: { type: 'wait', during: 'P1D', next: 'done' }, done },
  })
  defineJourney({
    ...parts,
    start: 'done',
    steps: { done },
    // @ts-expect-error a journey has no field "colour"
    colour: 'red',
  })
}

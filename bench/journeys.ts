import type { Journey } from '../domain/journeys/journey.ts'

/** Counted by the lifecycle; triggers nothing once a customer is known to be alive. */
export const COUNTED_EVENT = 'Product Viewed'
/** No rule names it. */
export const FILTERED_EVENT = 'Bench Nobody Asked For'
export const START_EVENT = 'Bench Start'
export const RESET_EVENT = 'Bench Reset'
export const MESSAGE_EVENT = 'Bench Message'

/** Started by a decision, then at rest until it is reset. */
const rest: Journey = {
  key: 'bench-rest',
  class: 'relationship',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: START_EVENT }], reentry: { mode: 'afterExit' } },
  exit: [{ event: RESET_EVENT, reason: 'reset' }],
  start: 'rest',
  steps: { rest: { type: 'wait', for: 'P30D', next: 'done' }, done: { type: 'exit' } },
  messages: {},
}

/** One message, then the end. */
const message: Journey = {
  key: 'bench-message',
  class: 'relationship',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: MESSAGE_EVENT }], reentry: { mode: 'afterExit' } },
  start: 'hello',
  steps: { hello: { type: 'message', message: 'hello', next: 'done' }, done: { type: 'exit' } },
  messages: {
    hello: {
      email: {
        subject: 'Hello {{ customer.traits.firstName }}',
        html: '<!doctype html><html><body><h1>Hello {{ customer.traits.firstName | default: "there" }}</h1><p>This mail goes nowhere.</p></body></html>',
      },
    },
  },
}

/** What a clerk could start: asked about, never entered here. */
const callback: Journey = {
  key: 'bench-callback',
  class: 'service',
  arbitration: { mode: 'manual', rank: 5 },
  entry: { on: [{ api: true }], when: "customer.lifecycle != 'lost'" },
  start: 'done',
  steps: { done: { type: 'exit' } },
  messages: {},
}

export const BENCH_JOURNEYS: readonly Journey[] = [rest, message, callback]

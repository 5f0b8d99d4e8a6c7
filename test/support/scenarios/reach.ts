import { journey } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const again = { mode: 'afterExit' } as const

/** Who can be written to: an address counts when mail can be sent to it. */
export const REACH_SCENARIOS: readonly Scenario[] = [
  {
    name: 'an only address that cannot be read: not eligible for a journey that can only mail, until it is repaired',
    traits: { email: 'someone@' },
    journeys: () => [
      journey('reach', {
        entry: { on: [{ event: 'Reach Begun' }], when: "!has('email')", reentry: again },
        steps: {
          hello: { type: 'message', message: 'hello', next: 'done' },
          done: { type: 'exit' },
        },
        start: 'hello',
      }),
      journey('reached', {
        entry: { on: [{ event: 'Reach Repaired' }], when: "has('email')", reentry: again },
        steps: {
          hello: { type: 'message', message: 'hello', next: 'done' },
          done: { type: 'exit' },
        },
        start: 'hello',
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Reach Begun' },
      { after: 'PT2H', identify: { email: 'someone@example.com' } },
      { after: 'PT3H', event: 'Reach Repaired' },
    ],
    until: 'P2D',
    shows: [
      'Reach Begun → reject reach',
      'Reach Repaired → enter reached',
      'left reached@1: completed',
    ],
  },
  {
    name: 'an address that cannot be read does not take the place of a good one',
    journeys: () => [
      journey('kept-address', {
        entry: { on: [{ event: 'Kept Begun' }], reentry: again },
        steps: {
          hello: { type: 'message', message: 'hello', next: 'done' },
          done: { type: 'exit' },
        },
        start: 'hello',
      }),
    ],
    acts: [
      { after: 'PT1H', identify: { email: 'nobody' } },
      { after: 'PT2H', event: 'Kept Begun' },
    ],
    until: 'P2D',
    shows: ['kept-address@1 · hello by email: sent', 'left kept-address@1: completed'],
  },
]

import { journey, mail } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const again = { mode: 'afterExit' } as const
const FRIDAYS = [{ weekdays: ['friday' as const], from: '09:00', until: '10:00' }]
/** What waits for the hours of its step, and what the matrix lets through. */
export const GATE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a message that waits for the hours of its step, on the customer’s clock',
    traits: { timezone: 'Europe/Madrid' },
    journeys: () => [
      journey('window', {
        entry: { on: [{ event: 'Window Begun' }], reentry: again },
        start: 'evening',
        steps: {
          evening: { type: 'wait', weekdays: ['thursday'], at: '20:00', next: 'hello' },
          hello: { type: 'message', message: 'hello', sendWindow: FRIDAYS, next: 'night' },
          night: { type: 'wait', weekdays: ['thursday'], at: '20:00', next: 'bye' },
          bye: {
            type: 'message',
            message: 'bye',
            sendWindow: FRIDAYS,
            next: 'done',
            sendBy: 'PT2H',
          },
          done: { type: 'exit' },
        },
      }),
    ],
    acts: [{ after: 'PT1H', event: 'Window Begun' }],
    until: 'P30D',
    shows: [
      'window@1 · hello by email: sent',
      'window@1 · bye by email: dropped',
      'left window@1: completed',
    ],
  },
  {
    name: 'the matrix by customer group: another message instead, held until the group changes, dropped',
    traits: { matrix: 'short' },
    contact: {
      groups: ['short', 'held', 'dropped'].map((name) => ({
        name: `matrix-${name}`,
        when: `customer.traits.matrix == '${name}'`,
      })),
      matrix: [
        { groups: ['matrix-short'], channels: ['email'], do: { replace: 'short' } },
        { groups: ['matrix-held'], channels: ['email'], do: 'hold' },
        { groups: ['matrix-dropped'], do: 'drop' },
      ],
      messages: { short: mail('In short') },
    },
    journeys: () => [
      journey('matrix', {
        entry: { on: [{ event: 'Matrix Begun' }], reentry: again },
        steps: {
          hello: { type: 'message', message: 'hello', next: 'day' },
          day: { type: 'wait', for: 'P1D', next: 'hold' },
          hold: { type: 'message', message: 'hold', next: 'another' },
          another: { type: 'wait', for: 'P1D', next: 'bye' },
          bye: { type: 'message', message: 'bye', next: 'done', onFail: 'unsent' },
          unsent: { type: 'exit', reason: 'unsent' },
          done: { type: 'exit' },
        },
        messages: { hello: mail('matrix'), hold: mail('matrix hold'), bye: mail('matrix bye') },
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Matrix Begun' },
      { after: 'PT2H', identify: { matrix: 'held' } },
      { after: 'P2D', identify: { matrix: 'nobody' } },
      { after: 'P2DT1H', identify: { matrix: 'dropped' } },
      { after: 'P5D', event: 'Matrix Begun' },
    ],
    until: 'P9D',
    shows: [
      'matrix@1 · hello by email: sent',
      'matrix@1 · hold by email: sent',
      'matrix@1 · bye by email: dropped',
      'left matrix@1: unsent',
      'Matrix Begun → reject matrix',
    ],
  },
  {
    name: 'row 10: consent withdrawn between decision and send, while the message waits for its window: not sent',
    traits: { matrix: 'nobody' },
    journeys: () => [
      journey('window-withdrawn', {
        entry: { on: [{ event: 'Window Withdrawn Begun' }], reentry: again },
        start: 'bye',
        steps: {
          bye: { type: 'message', message: 'bye', sendWindow: FRIDAYS, next: 'done' },
          done: { type: 'exit' },
        },
      }),
    ],
    acts: [
      { after: 'PT2H', event: 'Window Withdrawn Begun' },
      { after: 'P1D', consent: false },
    ],
    until: 'P9D',
    shows: [
      'Window Withdrawn Begun → enter window-withdrawn',
      'window-withdrawn@1 · bye by email: dropped',
      'left window-withdrawn@1: consent_withdrawn',
    ],
  },
  {
    name: 'row 10: consent withdrawn while the matrix holds the message: not sent when it lets go',
    traits: { matrix: 'held' },
    journeys: () => [
      journey('withdrawn', {
        entry: { on: [{ event: 'Withdrawn Begun' }], reentry: again },
        start: 'rest',
        steps: {
          rest: { type: 'wait', for: 'PT3H', next: 'bye' },
          bye: { type: 'message', message: 'bye', next: 'done' },
          done: { type: 'exit' },
        },
      }),
    ],
    acts: [
      { after: 'PT1H', identify: { matrix: 'nobody' } },
      { after: 'PT2H', event: 'Withdrawn Begun' },
      { after: 'PT3H', identify: { matrix: 'held' } },
      { after: 'P1D', consent: false },
      { after: 'P2D', identify: { matrix: 'nobody' } },
    ],
    until: 'P9D',
    shows: ['withdrawn@1 · bye by email: dropped', 'left withdrawn@1: consent_withdrawn'],
  },
]

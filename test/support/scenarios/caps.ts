import type { OnCap } from '../../../domain/contact/policy.ts'
import { journey, mail } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const again = { mode: 'afterExit' } as const
const KEYS = ['one', 'two', 'three', 'four'] as const

/** One mail and out; the end says whether it went. */
const once = (key: string, event: string, onCap?: OnCap) =>
  journey(key, {
    entry: { on: [{ event }], reentry: again },
    steps: {
      hello: {
        type: 'message',
        message: 'hello',
        ...(onCap === undefined ? {} : { onCap, sendBy: 'P9D' }),
        next: 'sent',
        onFail: 'unsent',
      },
      sent: { type: 'exit', reason: 'sent' },
      unsent: { type: 'exit', reason: 'unsent' },
    },
    messages: { hello: mail(key) },
  })

/** Full caps. */
export const CAP_SCENARIOS: readonly Scenario[] = [
  {
    name: 'row 9: cap 1 and several qualifying events at once: one send, the others skipped or held until there is room',
    contact: {
      caps: [
        {
          name: 'one-a-week',
          max: 1,
          window: 'P7D',
          journeys: [...KEYS.map((key) => `cap-${key}`), 'cap-patient'],
        },
      ],
    },
    journeys: () => [
      ...KEYS.map((key) => once(`cap-${key}`, `Cap ${key}`)),
      once('cap-patient', 'Cap Patient', 'hold'),
    ],
    acts: [
      ...KEYS.map((key) => ({ after: 'PT1H', event: `Cap ${key}` })),
      { after: 'PT1H', event: 'Cap Patient' },
    ],
    until: 'P8D',
    shows: [
      'cap-one@1 · hello by email: sent',
      'cap-two@1 · hello by email: skipped',
      'cap-three@1 · hello by email: skipped',
      'cap-four@1 · hello by email: skipped',
      'left cap-four@1: unsent',
      'left cap-patient@1: sent',
    ],
  },
  {
    name: 'row 9: cap 1, several journeys qualify in one instant: exactly one message',
    contact: {
      caps: [{ name: 'one-deal', max: 1, window: 'P7D', journeys: ['deal-a', 'deal-b', 'deal-c'] }],
    },
    journeys: () =>
      ['a', 'b', 'c'].map((name, index) => ({
        ...once(`deal-${name}`, 'Deal Seen'),
        arbitration: { mode: 'auto', value: 10 + index },
        queueFor: 'P1D',
      })),
    acts: [{ after: 'PT1H', event: 'Deal Seen' }],
    until: 'P2D',
    shows: [
      'deal-c@1 · hello by email: sent',
      'deal-b@1 · hello by email: skipped',
      'deal-a@1 · hello by email: skipped',
    ],
  },
  {
    name: 'row 9: two caps together, by the month of the customer’s calendar and by class; the strictest answer counts',
    traits: { timezone: 'Asia/Tokyo' },
    contact: {
      caps: [
        { name: 'monthly', max: 2, window: { calendar: 'month' }, journeys: ['cap-monthly'] },
        {
          name: 'hourly',
          max: 1,
          window: 'PT1H',
          journeys: ['cap-monthly', 'cap-service'],
          classes: ['marketing'],
          onCap: 'hold',
        },
      ],
    },
    journeys: () => [
      once('cap-monthly', 'Cap Monthly'),
      { ...once('cap-service', 'Cap Service'), class: 'service' },
    ],
    acts: [
      { after: 'P1D', event: 'Cap Monthly' },
      { after: 'P1DT10M', event: 'Cap Service' },
      { after: 'P1DT20M', event: 'Cap Monthly' },
      { after: 'P1DT3H', event: 'Cap Monthly' },
      { after: 'P40D', event: 'Cap Monthly' },
    ],
    until: 'P41D',
    shows: [
      'left cap-service@1: sent',
      'cap-monthly@1 · hello by email: sent',
      'cap-monthly@1 · hello by email: skipped',
    ],
  },
]

import { journey, mailsAndWaits } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const again = { mode: 'afterExit' } as const

/** Journeys that meet: locks, pauses, queues, switches, and what ends a run. */
export const TURN_SCENARIOS: readonly Scenario[] = [
  {
    name: 'rows 4 and 5: a return in the middle of a series ends it; the locked journey takes over, a birthday waits its turn',
    journeys: () => [
      journey('enjoy', {
        arbitration: { mode: 'auto', value: 100 },
        entry: { on: [{ event: 'Enjoy Bought' }], reentry: again },
        exit: [
          {
            event: 'Enjoy Returned',
            when: 'event.properties.order_id == entry.properties.order_id',
            reason: 'sent back',
          },
        ],
        steps: mailsAndWaits('P5D'),
      }),
      journey('sorry', {
        class: 'service',
        arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
        entry: { on: [{ event: 'Enjoy Returned' }], reentry: again },
        steps: mailsAndWaits('P7D'),
      }),
      journey('party', {
        arbitration: { mode: 'manual', rank: 500 },
        entry: { on: [{ event: 'Enjoy Birthday' }], reentry: again },
        queueFor: 'P8D',
        steps: mailsAndWaits('P1D'),
      }),
      journey('offer', {
        entry: { on: [{ event: 'Enjoy Birthday' }], reentry: again },
        queueFor: 'P1D',
        steps: mailsAndWaits('P1D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Enjoy Bought', properties: { order_id: 'o1' } },
      { after: 'P1D', event: 'Enjoy Bought', properties: { order_id: 'o2' } },
      { after: 'P2D', event: 'Enjoy Returned', properties: { order_id: 'o1' } },
      { after: 'P4D', event: 'Enjoy Birthday' },
    ],
    until: 'P20D',
    shows: [
      'left enjoy@1: sent back',
      'Enjoy Birthday → stay in sorry, queue party, offer',
      'offer@1 left the queue: its time was up',
      'entered party@1 on Enjoy Birthday',
    ],
  },
  {
    name: 'a paused run still hears: its event, its exit, its goal; it resumes with the time that was left',
    journeys: () => [
      journey('base', {
        entry: { on: [{ event: 'Base Begun' }], reentry: again },
        goal: { event: 'Base Bought', within: 'P30D', value: 'event.properties.revenue' },
        exit: [{ event: 'Base Cancelled', reason: 'cancelled' }],
        steps: {
          hello: { type: 'message', message: 'hello', next: 'listen' },
          listen: {
            type: 'waitFor',
            event: 'Base Answered',
            within: 'P3D',
            next: 'rest',
            onTimeout: 'bye',
          },
          rest: { type: 'wait', for: 'P2D', at: '12:00', next: 'bye' },
          bye: { type: 'message', message: 'bye', next: 'done' },
          done: { type: 'exit' },
        },
      }),
      journey('urgent', {
        arbitration: { mode: 'manual', rank: 700 },
        entry: { on: [{ event: 'Base Alarm' }], reentry: again },
        steps: mailsAndWaits('P1D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Base Begun' },
      { after: 'PT5H', event: 'Base Alarm' },
      { after: 'PT6H', event: 'Base Answered' },
      { after: 'P2D', event: 'Base Alarm' },
      { after: 'P8D', event: 'Base Begun' },
      { after: 'P8DT1H', event: 'Base Alarm' },
      { after: 'P8DT2H', event: 'Base Cancelled' },
      { after: 'P11D', event: 'Base Begun' },
      { after: 'P11DT1H', event: 'Base Alarm' },
      { after: 'P11DT2H', event: 'Base Bought', properties: { revenue: 12.5 } },
    ],
    until: 'P20D',
    shows: [
      'base@1 · listen: heard while paused',
      'resumed base@1 at listen',
      'resumed base@1 at rest',
      'left base@1: cancelled',
      'left base@1: goal',
    ],
  },
  {
    name: 'a time-out stands still while paused; a run that is paused too long is stale',
    journeys: () => [
      journey('patient', {
        entry: { on: [{ event: 'Patient Begun' }], reentry: again },
        staleAfter: 'P3D',
        start: 'listen',
        steps: {
          listen: {
            type: 'waitFor',
            event: 'Patient Answered',
            within: 'P2D',
            next: 'done',
            onTimeout: 'late',
          },
          late: { type: 'exit', reason: 'late' },
          done: { type: 'exit' },
        },
        messages: {},
      }),
      ...['short', 'long'].map((key, index) =>
        journey(`patient-${key}`, {
          arbitration: { mode: 'manual', rank: 700 },
          entry: { on: [{ event: `Patient ${key}` }], reentry: again },
          steps: mailsAndWaits(index === 0 ? 'P1D' : 'P5D'),
        }),
      ),
    ],
    acts: [
      { after: 'PT1H', event: 'Patient Begun' },
      { after: 'P1D', event: 'Patient short' },
      { after: 'P5D', event: 'Patient Begun' },
      { after: 'P6D', event: 'Patient long' },
    ],
    until: 'P14D',
    shows: ['left patient@1: late', 'left patient@1: stale'],
  },
  {
    name: 'journeys by value: margin, dwell, two switches a week, abandoned where it says so',
    journeys: () => [
      ...([1, 2, 3, 4] as const).map((value) =>
        journey(`value-${value}`, {
          arbitration: { mode: 'auto', value: 10 ** value },
          entry: { on: [{ event: `Value ${value}` }], reentry: again },
          onPreempt: value === 2 ? 'abandon' : 'pause',
          steps: mailsAndWaits('P20D'),
        }),
      ),
      journey('value-near', {
        arbitration: { mode: 'auto', value: 10.5 },
        entry: { on: [{ event: 'Value Near' }], reentry: again },
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Value 1' },
      { after: 'PT2H', event: 'Value 2' },
      { after: 'P2D', event: 'Value Near' },
      { after: 'P2DT1H', event: 'Value 2' },
      { after: 'P4D', event: 'Value 3' },
      { after: 'P6D', event: 'Value 4' },
      { after: 'P12D', event: 'Value 4' },
    ],
    until: 'P40D',
    shows: [
      'Value 2 → switch from value-1 to value-2',
      'left value-2@1: preempted',
      'Value 4 → switch from value-3 to value-4',
    ],
  },
  {
    name: 're-entry: never, after exit, after a time, for another order',
    journeys: () =>
      (
        [
          ['never', { mode: 'never' }],
          ['after', { mode: 'afterExit' }],
          ['cool', { mode: 'coolDown', for: 'P2D' }],
          ['order', { mode: 'perKey', property: 'order_id' }],
        ] as const
      ).map(([key, reentry]) =>
        journey(`again-${key}`, {
          entry: { on: [{ event: `Again ${key}` }], reentry },
          steps: mailsAndWaits('PT1H'),
        }),
      ),
    acts: ['never', 'after', 'cool', 'order'].flatMap((key, index) => [
      { after: `P${index * 5}DT1H`, event: `Again ${key}`, properties: { order_id: 'o1' } },
      { after: `P${index * 5}DT1H30M`, event: `Again ${key}`, properties: { order_id: 'o2' } },
      { after: `P${index * 5 + 1}D`, event: `Again ${key}`, properties: { order_id: 'o1' } },
      { after: `P${index * 5 + 3}D`, event: `Again ${key}`, properties: { order_id: 'o3' } },
    ]),
    until: 'P21D',
    shows: ['Again never → reject again-never', 'Again cool → enter again-cool'],
  },
  {
    name: 'consent: none, given, withdrawn in the middle of a wait',
    consent: false,
    journeys: () => [
      journey('consents', {
        entry: { on: [{ event: 'Consents Begun' }], reentry: again },
        steps: mailsAndWaits('P5D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Consents Begun' },
      { after: 'PT2H', consent: true },
      { after: 'PT3H', event: 'Consents Begun' },
      { after: 'P1D', consent: false },
      { after: 'P2D', event: 'Consents Begun' },
    ],
    until: 'P10D',
    shows: ['Consents Begun → reject consents', 'left consents@1: consent_withdrawn'],
  },
  {
    name: 'row 7: exits in a wait of 30 days: on a change, on an event, by hand from one journey and from all',
    journeys: () => [
      journey('exits', {
        entry: { on: [{ event: 'Exits Begun' }], reentry: again },
        exit: [
          { event: 'Exits Stopped', when: 'event.properties.sure', reason: 'stopped' },
          { when: "customer.traits.exits == 'yes'", reason: 'changed' },
        ],
        steps: mailsAndWaits('P30D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Exits Begun' },
      { after: 'PT2H', event: 'Exits Stopped', properties: { sure: false } },
      { after: 'PT3H', event: 'Exits Stopped', properties: { sure: true } },
      { after: 'PT4H', event: 'Exits Begun' },
      { after: 'PT5H', identify: { exits: 'yes' } },
      { after: 'PT6H', event: 'Exits Begun' },
      { after: 'PT7H', identify: { exits: 'no' } },
      { after: 'PT8H', event: 'Exits Begun' },
      { after: 'PT9H', exit: { journey: 'elsewhere', reason: 'not meant' } },
      { after: 'PT10H', exit: { journey: 'exits', reason: 'meant' } },
      { after: 'PT11H', event: 'Exits Begun' },
      { after: 'PT12H', exit: { reason: 'all' } },
    ],
    until: 'P1D',
    shows: [
      'left exits@1: stopped',
      'left exits@1: changed',
      'left exits@1: meant',
      'left exits@1: all',
    ],
  },
]

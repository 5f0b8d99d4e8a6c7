import { journey, mail } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const done = { type: 'exit' } as const
const hello = { hello: mail('Hello'), bye: mail('Bye {{ customer.traits.firstName }}') }

/** Steps that wait and decide. */
export const STEP_SCENARIOS: readonly Scenario[] = [
  {
    name: 'waits: a duration, a local time, a weekday, an instant that has passed',
    traits: { firstName: 'Ana', timezone: 'Asia/Tokyo' },
    journeys: () => [
      journey('waits', {
        entry: { on: [{ event: 'Waits Begun' }] },
        steps: {
          hello: { type: 'message', message: 'hello', next: 'days' },
          days: { type: 'wait', for: 'P3D', at: '09:00', next: 'monday' },
          monday: { type: 'wait', weekdays: ['monday'], at: '10:30', next: 'elsewhere' },
          elsewhere: {
            type: 'wait',
            for: 'PT1H',
            at: '08:00',
            zone: 'America/New_York',
            next: 'past',
          },
          past: { type: 'wait', until: '2020-01-01T00:00:00Z', next: 'bye' },
          bye: { type: 'message', message: 'bye', next: 'done' },
          done,
        },
        messages: hello,
      }),
    ],
    acts: [{ after: 'PT2H', event: 'Waits Begun' }],
    until: 'P20D',
    shows: ['left waits@1: completed', 'waits@1 · bye by email: sent'],
  },
  {
    name: 'waitFor: a deadline just before the event, and an event just before the deadline',
    journeys: () => [
      journey('deadline', {
        entry: { on: [{ event: 'Deadline Begun' }], reentry: { mode: 'afterExit' } },
        steps: {
          hello: {
            type: 'waitFor',
            event: 'Deadline Answered',
            within: 'P2D',
            next: 'heard',
            onTimeout: 'late',
          },
          heard: { type: 'exit', reason: 'heard' },
          late: { type: 'exit', reason: 'late' },
        },
        messages: {},
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Deadline Begun' },
      { after: 'P2DT1H30S', event: 'Deadline Answered' },
      { after: 'P3D', event: 'Deadline Begun' },
      { after: 'P4DT23H59M', event: 'Deadline Answered' },
    ],
    until: 'P6D',
    shows: ['left deadline@1: late', 'left deadline@1: heard'],
  },
  {
    name: 'waitFor: any of several, the same product, a condition, since entry',
    journeys: () => [
      journey('answers', {
        entry: { on: [{ event: 'Answers Begun' }] },
        start: 'any',
        steps: {
          any: {
            type: 'waitFor',
            events: [
              { event: 'Answers Returned', same: 'order_id' },
              { event: 'Answers Rated', when: 'event.properties.stars > 3', next: 'rated' },
            ],
            within: 'P10D',
            next: 'returned',
            onTimeout: 'returned',
          },
          returned: { type: 'exit', reason: 'returned' },
          rated: {
            type: 'waitFor',
            event: 'Answers Shared',
            sinceEntry: true,
            within: 'P1D',
            next: 'shared',
            onTimeout: 'returned',
          },
          shared: { type: 'exit', reason: 'shared' },
        },
        messages: {},
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Answers Begun', properties: { order_id: 'o1' } },
      { after: 'PT2H', event: 'Answers Returned', properties: { order_id: 'o2' } },
      { after: 'PT3H', event: 'Answers Rated', properties: { stars: 2 } },
      { after: 'PT4H', event: 'Answers Shared' },
      { after: 'PT5H', event: 'Answers Rated', properties: { stars: 5 } },
    ],
    until: 'P2D',
    shows: ['left answers@1: shared'],
  },
  {
    name: 'branch and update: a trait that the journey sets decides later',
    traits: { plan: 'gold', firstName: 'Ana' },
    journeys: () => [
      journey('branches', {
        entry: { on: [{ event: 'Branches Begun' }], reentry: { mode: 'afterExit' } },
        start: 'look',
        steps: {
          look: {
            type: 'branch',
            cases: [{ when: "customer.traits.plan == 'platinum'", next: 'bye' }],
            else: 'raise',
          },
          raise: {
            type: 'update',
            set: { plan: 'platinum', begun: { expr: "count('Branches Begun')" } },
            next: 'rest',
          },
          rest: { type: 'wait', for: 'PT1H', next: 'done' },
          bye: { type: 'message', message: 'bye', next: 'done' },
          done,
        },
        messages: { bye: mail('{{ customer.traits.plan }} after {{ customer.traits.begun }}') },
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Branches Begun' },
      { after: 'PT4H', event: 'Branches Begun' },
      { after: 'PT5H', identify: { plan: null } },
      { after: 'PT6H', event: 'Branches Begun' },
    ],
    until: 'P1D',
    shows: ['branches@1 · raise set plan, begun', 'branches@1 · bye by email: sent'],
  },
  {
    name: 'split and choose: the same arm again, a variant by chance',
    journeys: () => [
      journey('chances', {
        entry: { on: [{ event: 'Chances Begun' }], reentry: { mode: 'afterExit' } },
        start: 'arms',
        steps: {
          arms: {
            type: 'split',
            arms: [
              { id: 'a', weight: 50, next: 'pick' },
              { id: 'b', weight: 50, next: 'exit-b' },
            ],
          },
          pick: {
            type: 'choose',
            variants: ['one', 'two', 'three'].map((id, index) => ({
              id,
              weight: index === 0 ? 40 : 30,
              next: `exit-${id}`,
              features: { place: index },
            })),
          },
          ...Object.fromEntries(
            ['b', 'one', 'two', 'three'].map((id) => [
              `exit-${id}`,
              { type: 'exit' as const, reason: id },
            ]),
          ),
        },
        messages: {},
      }),
    ],
    acts: Array.from({ length: 5 }, (_, hour) => ({
      after: `PT${hour + 1}H`,
      event: 'Chances Begun',
    })),
    until: 'PT8H',
    shows: ['entered chances@1 on Chances Begun'],
  },
  {
    name: 'repeat: rounds with a condition, bounded',
    journeys: () => [
      journey('rounds', {
        entry: { on: [{ event: 'Rounds Begun' }], reentry: { mode: 'afterExit' } },
        start: 'again',
        steps: {
          again: {
            type: 'repeat',
            times: 3,
            while: "count('Rounds Answered') == 0",
            body: 'remind',
            next: 'done',
          },
          remind: { type: 'message', message: 'hello', next: 'pause' },
          pause: { type: 'wait', for: 'P1D', next: 'again' },
          done,
        },
        messages: hello,
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Rounds Begun' },
      { after: 'P5D', event: 'Rounds Begun' },
      { after: 'P6DT1H', event: 'Rounds Answered' },
    ],
    until: 'P10D',
    shows: ['left rounds@1: completed', 'rounds@1 · hello by email: sent'],
  },
  {
    name: 'row 12: waits for a trait that is missing, changes, and has passed',
    journeys: () => [
      journey('dates', {
        entry: { on: [{ event: 'Dates Begun' }], reentry: { mode: 'afterExit' } },
        start: 'due',
        steps: {
          due: {
            type: 'wait',
            date: 'renewal',
            offset: '-P2D',
            at: '09:00',
            next: 'reached',
            onMissing: 'missing',
            onPast: 'past',
          },
          reached: { type: 'exit', reason: 'reached' },
          missing: { type: 'exit', reason: 'missing' },
          past: { type: 'exit', reason: 'past' },
        },
        messages: {},
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Dates Begun' },
      { after: 'PT2H', identify: { renewal: '2020-01-01' } },
      { after: 'PT3H', event: 'Dates Begun' },
      { after: 'PT4H', identify: { renewal: '2199-01-01' } },
      { after: 'PT5H', event: 'Dates Begun' },
      { after: 'P1D', identify: { renewal: null } },
    ],
    until: 'P3D',
    shows: ['left dates@1: missing', 'left dates@1: past'],
  },
]

import type { ContactPolicy } from '../../../domain/contact/policy.ts'
import type { Journey } from '../../../domain/journeys/journey.ts'
import { journey, mail } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

/**
 * One policy for all stories, since all share one server: what it says concerns journeys, events and
 * traits of the stories below alone, and class `relationship`, which no other story has.
 */
export const SCENARIO_POLICY: ContactPolicy = {
  caps: [
    { name: 'one deal', max: 1, window: 'P7D', journeys: ['deal-a', 'deal-b', 'deal-c'] },
    { name: 'one tip', max: 1, window: 'P2D', journeys: ['tips'], onCap: 'hold' },
  ],
  quietHours: [{ classes: ['relationship'], from: '21:00', until: '08:00' }],
  groups: [
    { name: 'kept out', when: "customer.traits.matrix == 'out'" },
    { name: 'spoken to softly', when: "customer.traits.matrix == 'soft'" },
  ],
  matrix: [
    { groups: ['kept out'], do: 'drop' },
    { groups: ['spoken to softly'], channels: ['email'], do: { replace: 'soft' } },
  ],
  messages: { soft: mail('How are you?') },
  exclusions: [
    { preset: 'complaintOpen' },
    { name: 'cooling off', open: [{ event: 'Cooling Wanted' }], for: 'P2D' },
    {
      name: 'angry',
      open: [{ event: 'Anger Felt' }],
      decay: { property: 'intensity', halfLife: 'P1D', threshold: 0.3 },
    },
  ],
}

const steps = (rest: string): Journey['steps'] => ({
  hello: { type: 'message', message: 'hello', next: 'rest' },
  rest: { type: 'wait', for: rest, next: 'bye' },
  bye: { type: 'message', message: 'bye', next: 'done' },
  done: { type: 'exit' },
})

const NIGHTS = [
  ['madrid', 'Europe/Madrid', '2027-03-27T12:00:00Z'],
  ['lord-howe', 'Australia/Lord_Howe', '2027-04-03T00:00:00Z'],
  ['kathmandu', 'Asia/Kathmandu', '2027-03-27T12:00:00Z'],
] as const

/** What the contact policy keeps back, and what becomes of it. */
export const CONTACT_SCENARIOS: readonly Scenario[] = [
  {
    name: 'row 6: a complaint in the middle of a wait holds the next message until it is closed',
    journeys: () => [
      journey('complained', { entry: { on: [{ event: 'Row6 Begun' }] }, steps: steps('P2D') }),
    ],
    acts: [
      { after: 'PT1H', event: 'Row6 Begun' },
      { after: 'P1D', event: 'Complaint Opened', properties: { complaint_id: 'c1' } },
      { after: 'P4D', event: 'Complaint Closed', properties: { complaint_id: 'c1' } },
    ],
    until: 'P6D',
    shows: [
      'excluded: complaintOpen',
      'no longer excluded: complaintOpen',
      'complained@1 · bye by email: sent',
      'left complained@1: completed',
    ],
  },
  {
    name: 'row 6: who is excluded is queued, and let in when the exclusion ends by itself',
    journeys: () => [
      journey('cooled', {
        entry: { on: [{ event: 'Row6 Cooled' }] },
        queueFor: 'P5D',
        steps: steps('P1D'),
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Cooling Wanted' },
      { after: 'PT2H', event: 'Row6 Cooled' },
    ],
    until: 'P5D',
    shows: ['excluded: cooling off', 'entered cooled@1 on Row6 Cooled', 'left cooled@1: completed'],
  },
  {
    name: 'row 6: anger that fades away holds messages until it has',
    journeys: () => [
      journey('soothed', { entry: { on: [{ event: 'Row6 Soothed' }] }, steps: steps('P1D') }),
    ],
    acts: [
      { after: 'PT1H', event: 'Row6 Soothed' },
      { after: 'PT2H', event: 'Anger Felt', properties: { intensity: 0.9 } },
    ],
    until: 'P5D',
    shows: ['no longer excluded: angry', 'soothed@1 · bye by email: sent'],
  },
  {
    name: 'row 9: cap 1, several journeys qualify at once: exactly one message',
    journeys: () =>
      ['a', 'b', 'c'].map((name, index) =>
        journey(`deal-${name}`, {
          arbitration: { mode: 'auto', value: 10 + index },
          entry: { on: [{ event: 'Row9 Deal' }] },
          queueFor: 'P1D',
          start: 'hello',
          steps: {
            hello: { type: 'message', message: 'hello', next: 'done' },
            done: { type: 'exit' },
          },
          messages: { hello: mail(name) },
        }),
      ),
    acts: [{ after: 'PT1H', event: 'Row9 Deal' }],
    until: 'P2D',
    shows: [
      'deal-c@1 · hello by email: sent',
      'deal-b@1 · hello by email: skipped',
      'deal-a@1 · hello by email: skipped',
    ],
  },
  {
    name: 'row 9: what a cap holds goes out when the oldest leaves the window',
    journeys: () => [
      journey('tips', { entry: { on: [{ event: 'Row9 Tips' }] }, steps: steps('P1D') }),
    ],
    acts: [{ after: 'PT1H', event: 'Row9 Tips' }],
    until: 'P4D',
    shows: ['tips@1 · bye by email: sent', 'left tips@1: completed'],
  },
  ...NIGHTS.map(([place, timezone, until]): Scenario => ({
    name: `row 11: quiet hours in the night in which the clocks change, in ${timezone}`,
    traits: { timezone },
    journeys: () => [
      journey(`night-${place}`, {
        class: 'relationship',
        entry: { on: [{ event: `Night ${place}` }] },
        start: 'near',
        steps: {
          near: { type: 'wait', until, next: 'late' },
          late: { type: 'wait', at: '22:00', next: 'hello' },
          hello: { type: 'message', message: 'hello', next: 'done' },
          done: { type: 'exit' },
        },
        messages: { hello: mail(place) },
      }),
    ],
    acts: [{ after: 'PT1H', event: `Night ${place}` }],
    until: 'P200D',
    shows: [`night-${place}@1 · hello by email: sent`],
  })),
  {
    name: 'a message with a window waits for its day and hour',
    journeys: () => [
      journey('saturday', {
        entry: { on: [{ event: 'Saturday Wanted' }] },
        start: 'hello',
        steps: {
          hello: {
            type: 'message',
            message: 'hello',
            sendWindow: [{ weekdays: ['saturday'], from: '10:00', until: '12:00' }],
            sendBy: 'P10D',
            next: 'done',
          },
          done: { type: 'exit' },
        },
        messages: { hello: mail('saturday') },
      }),
    ],
    acts: [{ after: 'PT1H', event: 'Saturday Wanted' }],
    until: 'P9D',
    shows: ['saturday@1 · hello by email: sent'],
  },
  {
    name: 'the matrix lets nobody of a group in, and drops what somebody was to get who came into it',
    traits: { matrix: 'in' },
    journeys: () => [
      journey('dropped', { entry: { on: [{ event: 'Drop Begun' }] }, steps: steps('P2D') }),
    ],
    acts: [
      { after: 'PT1H', event: 'Drop Begun' },
      { after: 'P1D', identify: { matrix: 'out' } },
    ],
    until: 'P4D',
    shows: ['dropped@1 · bye by email: dropped', 'left dropped@1: completed'],
  },
  {
    name: 'the matrix sends a message of the policy instead',
    traits: { matrix: 'soft' },
    journeys: () => [
      journey('softened', { entry: { on: [{ event: 'Soft Begun' }] }, steps: steps('P1D') }),
    ],
    acts: [{ after: 'PT1H', event: 'Soft Begun' }],
    until: 'P3D',
    shows: ['left softened@1: completed'],
  },
]

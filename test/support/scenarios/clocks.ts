import { journey, mail } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

/** Places, and the week before one of their clock changes (or any, where there is none). */
const PLACES = [
  ['tokyo', 'Asia/Tokyo', '2027-03-26T12:00:00Z'],
  ['los-angeles', 'America/Los_Angeles', '2027-03-12T20:00:00Z'],
  ['madrid', 'Europe/Madrid', '2027-03-26T12:00:00Z'],
  ['kathmandu', 'Asia/Kathmandu', '2027-03-26T12:00:00Z'],
  ['lord-howe', 'Australia/Lord_Howe', '2027-04-02T12:00:00Z'],
] as const

/** Local time over a change of clocks. Which instants are right is said in `domain/actor/steps.test.ts`. */
const MONDAYS: readonly Scenario[] = PLACES.map(([place, timezone, until]) => ({
  name: `row 11: local 09:00 on Monday over a change of clocks, in ${timezone}`,
  traits: { timezone },
  journeys: () => [
    journey(`clock-${place}`, {
      entry: { on: [{ event: `Clock ${place}` }] },
      start: 'near',
      steps: {
        near: { type: 'wait', until, next: 'monday' },
        monday: { type: 'wait', weekdays: ['monday'], at: '09:00', next: 'hello' },
        hello: { type: 'message', message: 'hello', next: 'week' },
        week: { type: 'wait', for: 'P7D', at: '09:00', next: 'bye' },
        bye: { type: 'message', message: 'bye', next: 'done' },
        done: { type: 'exit' },
      },
      messages: { hello: mail(place), bye: mail(`${place} bye`) },
    }),
  ],
  acts: [{ after: 'PT1H', event: `Clock ${place}` }],
  until: 'P200D',
  shows: [`clock-${place}@1 · bye by email: sent`, `left clock-${place}@1: completed`],
}))

/** A mail that is due in the night in which the clocks change, and one in the night after it. */
const night = (key: string, until: string) =>
  journey(key, {
    class: 'relationship',
    entry: { on: [{ event: `Night ${key}` }] },
    start: 'near',
    steps: {
      near: { type: 'wait', until, next: 'saturday' },
      saturday: { type: 'wait', weekdays: ['saturday'], at: '23:30', next: 'hello' },
      hello: { type: 'message', message: 'hello', next: 'sunday' },
      sunday: { type: 'wait', weekdays: ['sunday'], at: '23:30', next: 'bye' },
      bye: { type: 'message', message: 'bye', next: 'done' },
      done: { type: 'exit' },
    },
  })

/** The same night. Which instants are right is said in `domain/actor/contact-gate.test.ts`. */
const NIGHTS: readonly Scenario[] = [
  ...PLACES.map(([place, timezone, until]) => ({
    name: `row 11: quiet hours in the night of a change of clocks, in ${timezone}`,
    traits: { timezone },
    journeys: () => [night(`night-${place}`, until)],
    acts: [{ after: 'PT1H', event: `Night night-${place}` }],
    until: 'P200D',
    shows: [`night-${place}@1 · bye by email: sent`, `left night-${place}@1: completed`],
  })),
  {
    name: 'row 11: quiet hours where nobody knows the customer’s clock',
    contact: {
      // They hold for a class, not for journeys: no other story minds when its mails of this class go.
      quietHours: [{ classes: ['relationship'], from: '22:00', until: '08:00', spread: 'PT10M' }],
    },
    journeys: () => [night('night-anywhere', '2027-03-26T12:00:00Z')],
    acts: [{ after: 'PT1H', event: 'Night night-anywhere' }],
    until: 'P200D',
    shows: ['night-anywhere@1 · bye by email: sent', 'left night-anywhere@1: completed'],
  },
]

export const CLOCK_SCENARIOS: readonly Scenario[] = [...MONDAYS, ...NIGHTS]

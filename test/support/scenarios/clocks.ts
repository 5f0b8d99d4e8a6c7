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
export const CLOCK_SCENARIOS: readonly Scenario[] = PLACES.map(([place, timezone, until]) => ({
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

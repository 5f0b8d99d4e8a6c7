import type { Journey } from '../../../domain/journeys/journey.ts'
import type { Step } from '../../../domain/journeys/step.ts'
import { journey, mail, mailsAndWaits } from '../journeys.ts'
import type { Act, Scenario } from './scenario.ts'

/** Every way to stand or to go on, one after the other; before each the run rests for a day. */
const STEPS: readonly (readonly [string, (next: string, webhookUrl: string) => Step])[] = [
  ['branch', (next) => ({ type: 'branch', cases: [{ when: "has('email')", next }], else: 'done' })],
  ['split', (next) => ({ type: 'split', arms: [{ id: 'all', weight: 100, next }] })],
  ['choose', (next) => ({ type: 'choose', variants: [{ id: 'one', weight: 100, next }] })],
  ['update', (next) => ({ type: 'update', set: { paused: 'often' }, next })],
  ['emit', (next) => ({ type: 'emit', event: 'Held Seen', next })],
  ['webhook', (next, url) => ({ type: 'webhook', url: `${url}ok`, next })],
  ['message', (next) => ({ type: 'message', message: 'hello', next })],
  ['repeat', (next) => ({ type: 'repeat', times: 1, body: next, next: 'done' })],
  [
    'waitFor',
    (next) => ({
      type: 'waitFor',
      event: 'Held Called',
      within: 'P1D',
      next: 'done',
      onTimeout: next,
    }),
  ],
  ['exit', () => ({ type: 'exit', reason: 'through' })],
]

const restBefore = (name: string): string => `rest-${name}`

function heldJourney(webhookUrl: string): Journey {
  const steps = STEPS.flatMap(([name, step], index): [string, Step][] => {
    const following = STEPS[index + 1]
    const next = following === undefined ? 'done' : restBefore(following[0])
    return [
      [restBefore(name), { type: 'wait', for: 'P1D', next: name }],
      [name, step(next, webhookUrl)],
    ]
  })
  return journey('held', {
    entry: { on: [{ event: 'Held Begun' }] },
    start: restBefore('branch'),
    steps: { ...Object.fromEntries(steps), done: { type: 'exit', reason: 'astray' } },
    messages: { hello: mail('held') },
  })
}

/** Takes over for six hours, under a lock. */
const holder = journey('holder', {
  class: 'service',
  arbitration: { mode: 'manual', rank: 700, lock: 'journey' },
  entry: { on: [{ event: 'Held Alarm' }], reentry: { mode: 'afterExit' } },
  steps: mailsAndWaits('PT6H'),
})
const challenger = journey('held-challenger', {
  arbitration: { mode: 'manual', rank: 900 },
  entry: { on: [{ event: 'Held Challenge' }], reentry: { mode: 'afterExit' } },
  queueFor: 'PT1H',
  steps: mailsAndWaits('P1D'),
})

/** Each rest takes a day and the six hours for which it is held. */
const alarms = STEPS.map((_, leg): Act => ({
  after: `PT${11 + leg * 30}H`,
  event: 'Held Alarm',
}))

/** A lock, a pause and a resume with a run before and on a step of every type. */
export const PAUSE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'a lock, a pause and a resume in every step type',
    journeys: (url) => [heldJourney(url), holder, challenger],
    acts: [
      { after: 'PT1H', event: 'Held Begun' },
      ...alarms.slice(0, 1),
      { after: 'PT12H', event: 'Held Challenge' },
      ...alarms.slice(1),
      // The last rest comes after the time-out of the waitFor.
      { after: `PT${11 + STEPS.length * 30}H`, event: 'Held Alarm' },
    ],
    until: `P${Math.ceil((STEPS.length * 30) / 24) + 5}D`,
    shows: [
      'Held Challenge → stay in holder, queue held-challenger',
      ...STEPS.map(([name]) => `paused held@1 at ${restBefore(name)}`),
      ...STEPS.map(([name]) => `resumed held@1 at ${restBefore(name)}`),
      'left held@1: through',
    ],
  },
]

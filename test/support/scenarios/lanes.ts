import type { Step } from '../../../domain/journeys/step.ts'
import { journey, mail, mailsAndWaits } from '../journeys.ts'
import type { Scenario } from './scenario.ts'

const again = { mode: 'afterExit' } as const

/** Says nothing: of mails that go out in one instant nobody knows which the channel takes first. */
const rests = (duration: string): Record<string, Step> => ({
  hello: { type: 'wait', for: duration, next: 'done' },
  done: { type: 'exit' },
})

/** Lanes, locks that end, journeys that break them, and a step that is finished first. */
export const LANE_SCENARIOS: readonly Scenario[] = [
  {
    name: 'service journeys run beside a locked one and beside each other, three at most',
    journeys: () => [
      journey('lane-held', {
        class: 'service',
        arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
        entry: { on: [{ event: 'Lane Held' }], reentry: again },
        steps: mailsAndWaits('P6D'),
      }),
      ...['one', 'two', 'three', 'four'].map((key) =>
        journey(`lane-${key}`, {
          class: 'service',
          lane: 'service',
          arbitration: { mode: 'auto', value: 10 },
          entry: { on: [{ event: `Lane ${key}` }, { event: 'Lane All' }], reentry: again },
          ...(key === 'four' ? { queueFor: 'P9D' } : {}),
          ...(key === 'one'
            ? { steps: mailsAndWaits('P1D') }
            : { steps: rests('P3D'), messages: {} }),
        }),
      ),
    ],
    acts: [
      { after: 'PT1H', event: 'Lane Held' },
      { after: 'PT2H', event: 'Lane one' },
      { after: 'PT3H', event: 'Lane two' },
      { after: 'PT4H', event: 'Lane three' },
      { after: 'PT5H', event: 'Lane four' },
      { after: 'P10D', event: 'Lane All' },
    ],
    until: 'P20D',
    shows: [
      'Lane one → enter lane-one beside lane-held',
      'Lane four → stay in lane-held, queue lane-four',
      'end of lane-one → enter lane-four beside lane-held',
      'left lane-held@1: completed',
    ],
  },
  {
    name: 'locks end at a step, at a date and by what may break them; others come in at once',
    journeys: () => [
      journey('until-step', {
        class: 'service',
        arbitration: { mode: 'manual', rank: 900, lock: { untilStep: 'later' } },
        entry: { on: [{ event: 'Locks Step' }], reentry: again },
        steps: {
          hello: { type: 'message', message: 'hello', next: 'rest' },
          rest: { type: 'wait', for: 'P1D', next: 'later' },
          later: { type: 'wait', for: 'P1D', next: 'done' },
          done: { type: 'exit' },
        },
        messages: { hello: mail('until-step') },
      }),
      journey('until-date', {
        class: 'service',
        arbitration: {
          mode: 'manual',
          rank: 900,
          lock: { untilDate: { date: 'locksEnd', at: '12:00' } },
        },
        entry: { on: [{ event: 'Locks Date' }], reentry: again },
        steps: mailsAndWaits('P9D'),
      }),
      journey('locks-rival', {
        arbitration: { mode: 'manual', rank: 950 },
        entry: { on: [{ event: 'Locks Rival' }], reentry: again },
        queueFor: 'P9D',
        steps: mailsAndWaits('PT6H'),
      }),
      journey('locks-alarm', {
        class: 'service',
        arbitration: { mode: 'manual', rank: 990, breaksLocks: true },
        entry: { on: [{ event: 'Locks Alarm' }], reentry: again },
        steps: mailsAndWaits('PT2H'),
      }),
    ],
    traits: { locksEnd: 'in P12D' },
    acts: [
      { after: 'PT1H', event: 'Locks Step' },
      { after: 'PT2H', event: 'Locks Rival' },
      { after: 'P8D', event: 'Locks Date' },
      { after: 'P8DT1H', event: 'Locks Rival' },
      { after: 'P8DT2H', event: 'Locks Alarm' },
      { after: 'P9D', identify: { locksEnd: 'in P11D' } },
    ],
    until: 'P25D',
    shows: [
      'Locks Rival → stay in until-step, queue locks-rival',
      'the lock of until-step@1 is over',
      'end of the lock of until-step → switch from until-step to locks-rival',
      'Locks Alarm → switch from until-date to locks-alarm',
      'end of locks-alarm → resume until-date',
      'end of the lock of until-date → switch from until-date to locks-rival',
    ],
  },
  {
    name: 'a run finishes its step, a message or a wait, before another one takes over',
    journeys: () => [
      journey('polite', {
        entry: { on: [{ event: 'Polite Begun' }], reentry: again },
        onPreempt: 'finishStep',
        steps: mailsAndWaits('P2D'),
      }),
      journey('hasty', {
        arbitration: { mode: 'manual', rank: 500 },
        entry: { on: [{ event: 'Polite Hurried' }], reentry: again },
        steps: rests('P1D'),
        messages: {},
      }),
    ],
    acts: [
      { after: 'PT1H', event: 'Polite Begun' },
      { after: 'P1D', event: 'Polite Hurried' },
    ],
    until: 'P9D',
    shows: [
      'Polite Hurried → switch from polite to hasty when its step is over',
      'polite@1 finishes rest, then makes room',
      'polite@1 · rest: finished',
      'polite has finished its step → switch from polite to hasty',
      'left polite@1: completed',
    ],
  },
]

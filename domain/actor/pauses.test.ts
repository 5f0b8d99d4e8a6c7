import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { Journey } from '../journeys/journey.ts'
import type { Step, StepType } from '../journeys/step.ts'

/** A paused run still hears: lock, pause and resume with a run on a step of every type. */

const START = '2026-12-01T10:00:00Z'
const end: Step = { type: 'exit' }
const say = (message: string, next = 'end'): Step => ({ type: 'message', message, next })
const messages = { hello: mail('hello'), a: mail('a'), b: mail('b') }

/** Takes over on `Order Refunded`, holds the customer for two days, then lets go. */
const intruder: Journey = journey('intruder', {
  class: 'service',
  arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
  entry: { on: [{ event: 'Order Refunded' }], reentry: { mode: 'afterExit' } },
  start: 'hold',
  steps: { hold: { type: 'wait', for: 'P2D', next: 'end' }, end },
  messages: {},
})

/** Comes on `Birthday` and is stopped by a lock. */
const challenger: Journey = journey('challenger', {
  arbitration: { mode: 'manual', rank: 950 },
  queueFor: 'P60D',
  entry: { on: [{ event: 'Birthday' }], reentry: { mode: 'afterExit' } },
  start: 'hold',
  steps: { hold: { type: 'wait', for: 'P2D', next: 'end' }, end },
  messages: {},
})

interface Story {
  /** The run is on step `first` when it is paused. */
  readonly steps: Record<string, Step>
  readonly before?: (player: ActorPlayer) => void
  /** While it is paused, from the first of December on. */
  readonly meanwhile?: (player: ActorPlayer) => void
  /** Mails of the whole story, until the end of January. */
  readonly mails: readonly string[]
}

const STORIES: { readonly [Type in StepType]: Readonly<Record<string, Story>> } = {
  wait: {
    'keeps what was left of a duration': {
      steps: { first: { type: 'wait', for: 'P3D', next: 'onward' }, onward: say('a') },
      mails: ['2026-12-06T10:00 a'],
    },
    'aligns what was left to the time of day again': {
      steps: { first: { type: 'wait', for: 'P3D', at: '09:00', next: 'onward' }, onward: say('a') },
      mails: ['2026-12-07T09:00 a'],
    },
    'is due at resume where its instant passed, and what follows counts from there': {
      steps: {
        first: { type: 'wait', until: '2026-12-02T09:00:00Z', next: 'onward' },
        onward: say('a', 'rest'),
        rest: { type: 'wait', for: 'P1D', next: 'last' },
        last: say('b'),
      },
      mails: ['2026-12-03T10:00 a', '2026-12-04T10:00 b'],
    },
    'keeps an instant that is still to come': {
      steps: {
        first: { type: 'wait', until: '2026-12-20T09:00:00Z', next: 'onward' },
        onward: say('a'),
      },
      mails: ['2026-12-20T09:00 a'],
    },
    'hears that its date has changed': {
      steps: {
        first: { type: 'wait', date: 'due', next: 'onward', onMissing: 'end', onPast: 'end' },
        onward: say('a'),
      },
      before: (player) => player.learn({ dates: { due: '2026-12-10' } }),
      meanwhile: (player) => player.learn({ dates: { due: '2026-12-15' } }),
      mails: ['2026-12-15T09:00 a'],
    },
    'hears that its date was taken away, and goes the declared way at resume': {
      steps: {
        first: { type: 'wait', date: 'due', next: 'onward', onMissing: 'missing', onPast: 'end' },
        onward: say('a'),
        missing: say('b'),
      },
      before: (player) => player.learn({ dates: { due: '2026-12-10' } }),
      meanwhile: (player) => player.learn({ dates: { due: null } }),
      mails: ['2026-12-03T10:00 b'],
    },
  },
  waitFor: {
    'remembers the event and takes it at resume': {
      steps: {
        first: {
          type: 'waitFor',
          event: 'Viewed',
          within: 'P7D',
          next: 'onward',
          onTimeout: 'late',
        },
        onward: say('a'),
        late: say('b'),
      },
      meanwhile: (player) => player.event('Viewed'),
      mails: ['2026-12-03T10:00 a'],
    },
    'lets its time-out stand still': {
      steps: {
        first: {
          type: 'waitFor',
          event: 'Viewed',
          within: 'P1D',
          next: 'onward',
          onTimeout: 'late',
        },
        onward: say('a'),
        late: say('b'),
      },
      mails: ['2026-12-04T10:00 b'],
    },
    'goes the way of the event that it heard, of several': {
      steps: {
        first: {
          type: 'waitFor',
          events: [{ event: 'Viewed' }, { event: 'Called', next: 'called' }],
          within: 'P7D',
          next: 'onward',
          onTimeout: 'end',
        },
        onward: say('a'),
        called: say('b'),
      },
      meanwhile: (player) => player.event('Called'),
      mails: ['2026-12-03T10:00 b'],
    },
    'counts since entry also what happened during the pause': {
      steps: {
        first: { type: 'wait', for: 'P1D', next: 'onward' },
        onward: {
          type: 'waitFor',
          event: 'Viewed',
          sinceEntry: true,
          within: 'P7D',
          next: 'seen',
          onTimeout: 'end',
        },
        seen: say('a'),
      },
      meanwhile: (player) => player.event('Viewed'),
      mails: ['2026-12-04T10:00 a'],
    },
  },
  message: {
    'that had not gone out is judged again at resume': {
      steps: { first: say('a') },
      before: (player) => {
        let tries = 0
        player.answerSend = () =>
          tries++ === 0
            ? { type: 'retryAt', atMs: player.nowMs + 3_600_000, reason: 'away' }
            : { type: 'sent', atMs: player.nowMs, providerId: null }
      },
      mails: ['2026-12-03T10:00 a'],
    },
    'that may no longer go out by then is not sent': {
      steps: {
        first: { type: 'message', message: 'a', sendBy: 'P1D', next: 'end', onFail: 'late' },
        late: say('b'),
      },
      before: (player) => {
        let tries = 0
        player.answerSend = () =>
          tries++ === 0
            ? { type: 'retryAt', atMs: player.nowMs + 3_600_000, reason: 'away' }
            : { type: 'sent', atMs: player.nowMs, providerId: null }
      },
      mails: ['2026-12-03T10:00 b'],
    },
  },
  webhook: {
    'takes the answer that came during the pause at resume': {
      steps: {
        first: { type: 'webhook', url: 'https://x.example/', saveAs: 'quote', next: 'look' },
        look: {
          type: 'branch',
          cases: [{ when: 'answers.quote.body.ok == true', next: 'onward' }],
          else: 'end',
        },
        onward: say('a'),
      },
      before: (player) => {
        player.holdSends = true
        player.answerCall = () => ({
          type: 'answered',
          atMs: player.nowMs,
          answer: { status: 200, body: { ok: true } },
        })
      },
      meanwhile: (player) => player.release(),
      mails: ['2026-12-03T10:00 a'],
    },
    'tries again at resume where the receiver was away': {
      steps: {
        first: { type: 'webhook', url: 'https://x.example/', next: 'onward', onFail: 'end' },
        onward: say('a'),
      },
      before: (player) => {
        let tries = 0
        player.answerCall = () =>
          tries++ === 0
            ? { type: 'retryAt', atMs: player.nowMs + 60_000, reason: 'status 503' }
            : { type: 'answered', atMs: player.nowMs, answer: { status: 204, body: null } }
      },
      mails: ['2026-12-03T10:00 a'],
    },
  },
  branch: afterPause(
    { type: 'branch', cases: [{ when: "count('Viewed') > 0", next: 'yes' }], else: 'no' },
    { meanwhile: (player) => player.event('Viewed'), mails: ['2026-12-04T10:00 a'] },
  ),
  split: afterPause(
    { type: 'split', arms: [{ id: 'only', weight: 100, next: 'yes' }] },
    { mails: ['2026-12-04T10:00 a'] },
  ),
  choose: afterPause(
    { type: 'choose', variants: [{ id: 'only', weight: 100, next: 'yes' }] },
    { mails: ['2026-12-04T10:00 a'] },
  ),
  update: afterPause(
    { type: 'update', set: { seen: true }, next: 'yes' },
    { mails: ['2026-12-04T10:00 a'] },
  ),
  emit: afterPause({ type: 'emit', event: 'Seen', next: 'yes' }, { mails: ['2026-12-04T10:00 a'] }),
  repeat: {
    'goes on with the round it was in': {
      steps: {
        first: { type: 'repeat', times: 2, body: 'rest', next: 'end' },
        rest: { type: 'wait', for: 'P1D', next: 'onward' },
        onward: say('a', 'first'),
      },
      mails: ['2026-12-04T10:00 a', '2026-12-05T10:00 a'],
    },
  },
  exit: afterPause({ type: 'exit', reason: 'enough' }, { mails: [] }),
}

/** A step that never waits is reached after the pause, once, with what is true by then. */
function afterPause(
  step: Step,
  { mails, meanwhile }: Pick<Story, 'mails' | 'meanwhile'>,
): Readonly<Record<string, Story>> {
  return {
    'is taken once, after the pause': {
      steps: {
        first: { type: 'wait', for: 'P1D', next: 'onward' },
        onward: step,
        yes: say('a'),
        no: say('b'),
      },
      mails,
      ...(meanwhile === undefined ? {} : { meanwhile }),
    },
  }
}

const storyOf = ({ steps }: Story, arbitration: Journey['arbitration']): Journey =>
  journey('story', { arbitration, start: 'first', steps: { ...steps, end }, messages })

const CASES = Object.entries(STORIES).flatMap(([type, stories]) =>
  Object.entries(stories).map(([what, story]) => [type, what, story] as const),
)

describe('pause and resume', () => {
  test.each(CASES)('%s: %s', (_, __, story) => {
    const subject = storyOf(story, { mode: 'auto', value: 10 })
    const player = new ActorPlayer([subject, intruder], START).reachable()
    story.before?.(player)
    player.event('Signed Up').event('Order Refunded')
    expect(player.active).toBe('intruder:hold')
    expect(player.paused).toEqual(['story'])
    story.meanwhile?.(player)
    expect(player.paused).toEqual(['story'])
    expect(player.mails).toEqual([])
    player.until('2027-01-31T00:00:00Z')
    expect(player.mails).toEqual(story.mails)
    expect(player.actor.runs).toEqual([])
    expect(player.endings).not.toContain('story: definition_error')
  })
})

describe('lock', () => {
  test.each(CASES)('%s: %s – nobody takes over from a locked run', (_, __, story) => {
    const subject = storyOf(story, { mode: 'manual', rank: 1, lock: 'journey' })
    const player = new ActorPlayer([subject, challenger], START).reachable()
    story.before?.(player)
    player.event('Signed Up')
    const held = player.active
    player.event('Birthday')
    expect(player.active).toBe(held)
    expect(player.actor.deferred.map(({ rule }) => rule.journey)).toEqual(['challenger'])
    player.release().until('2027-01-31T00:00:00Z')
    expect(player.endings).toEqual([
      expect.stringMatching(/^story: (completed|enough)$/),
      expect.stringMatching(/^challenger: completed$/),
    ])
  })
})

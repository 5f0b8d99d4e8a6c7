import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import type { Journey } from '../journeys/journey.ts'
import type { WebhookStep } from '../journeys/step.ts'
import { publishedTogether } from '../simulation.ts'
import { openEffects } from './advance.ts'
import type { CallOutcome } from './inputs.ts'
import { describeCustomer } from './operator-view.ts'

const START = '2026-12-01T10:00:00Z'

/** Asks for a quote, and goes by what it says. */
const asking = (step: Partial<WebhookStep> = {}): Journey => ({
  key: 'asking',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Signed Up' }], reentry: { mode: 'afterExit' } },
  onPreempt: 'pause',
  start: 'ask',
  steps: {
    ask: {
      type: 'webhook',
      url: 'https://quotes.example/',
      saveAs: 'quote',
      next: 'look',
      onFail: 'failed',
      ...step,
    },
    look: {
      type: 'branch',
      cases: [{ when: 'answers.quote.body.score > 50', next: 'high' }],
      else: 'low',
    },
    high: { type: 'exit', reason: 'high' },
    low: { type: 'exit', reason: 'low' },
    failed: {
      type: 'branch',
      cases: [{ when: 'answers.quote.status == 404', next: 'unknown' }],
      else: 'gone',
    },
    unknown: { type: 'exit', reason: 'unknown customer' },
    gone: { type: 'exit', reason: 'nobody answered' },
  },
})

/** Takes over for two days. */
const urgent: Journey = {
  key: 'urgent',
  class: 'service',
  arbitration: { mode: 'manual', rank: 900 },
  entry: { on: [{ event: 'Alarm' }], reentry: { mode: 'afterExit' } },
  start: 'rest',
  steps: { rest: { type: 'wait', for: 'P2D', next: 'done' }, done: { type: 'exit' } },
}

const answered = (score: number): CallOutcome => ({
  type: 'answered',
  atMs: Date.parse(START),
  answer: { status: 200, body: { score } },
})

const play = (...journeys: Journey[]) => new ActorPlayer(journeys, START)
const calls = (player: ActorPlayer) =>
  player.called.map(({ callId, attempt, nowMs }) => [
    callId,
    attempt,
    new Date(nowMs).toISOString().slice(8, 16),
  ])
const lines = (player: ActorPlayer) =>
  player.records.flatMap(({ entries }) =>
    entries.filter(({ kind }) => kind === 'call').map(({ summary }) => summary),
  )

describe('a webhook step', () => {
  test.each([
    [80, 'high'],
    [20, 'low'],
  ])('goes by what is answered: %i is %s', (score, reason) => {
    const player = play(asking())
    player.answerCall = () => answered(score)
    player.event('Signed Up')
    expect(player.endings).toEqual([`asking: ${reason}`])
    expect(calls(player)).toEqual([['c1.1.1.call', 1, '01T10:00']])
    expect(lines(player)).toEqual(['asking@1 · ask: answered 200'])
  })

  test('an answer without what a condition names makes the condition false, and is counted', () => {
    const player = play(asking())
    player.answerCall = () => ({ ...answered(0), answer: { status: 200 } }) as CallOutcome
    player.event('Signed Up')
    expect(player.endings).toEqual(['asking: low'])
    expect(player.records.flatMap(({ failures }) => failures)).toMatchObject([
      { path: '/steps/look/cases/0/when' },
    ])
  })

  test('a refusal goes to onFail, with its answer', () => {
    const player = play(asking())
    player.answerCall = () => ({ type: 'refused', reason: 'http_404', answer: { status: 404 } })
    player.event('Signed Up')
    expect(player.endings).toEqual(['asking: unknown customer'])
    expect(lines(player)).toEqual(['asking@1 · ask: http_404'])
  })

  test('is tried again at the instant that the activity named, under the same key', () => {
    const player = play(asking())
    player.answerCall = ({ attempt, nowMs }) =>
      attempt < 3 ? { type: 'retryAt', atMs: nowMs + 60_000, reason: 'http_503' } : answered(80)
    player.event('Signed Up')
    expect(player.active).toBe('asking:ask')
    expect(describeCustomer(player.actor, null)).toContain('calls out again 2026-12-01 10:01 UTC')
    player.until('2026-12-01T11:00:00Z')
    expect(calls(player)).toEqual([
      ['c1.1.1.call', 1, '01T10:00'],
      ['c1.1.1.call', 2, '01T10:01'],
      ['c1.1.1.call', 3, '01T10:02'],
    ])
    expect(player.endings).toEqual(['asking: high'])
    expect(lines(player)).toHaveLength(1)
  })

  test.each([
    [undefined, '2026-12-01T11:00:00.000Z'],
    ['P1D', '2026-12-02T10:00:00.000Z'],
  ])('may be tried again for retryFor, %s, counted from the first try', (retryFor, giveUpAt) => {
    const player = play(asking(retryFor === undefined ? {} : { retryFor }))
    player.answerCall = ({ attempt, nowMs }) =>
      attempt < 3 ? { type: 'retryAt', atMs: nowMs + 60_000, reason: 'http_503' } : answered(80)
    player.event('Signed Up').until('2026-12-01T11:00:00Z')
    expect(player.called.map(({ giveUpAtMs }) => new Date(giveUpAtMs).toISOString())).toEqual([
      giveUpAt,
      giveUpAt,
      giveUpAt,
    ])
  })

  test('given up without any answer, an answer of an earlier visit counts no more', () => {
    const twice = asking({ next: 'again' })
    const player = play({
      ...twice,
      steps: {
        ...twice.steps,
        again: { type: 'wait', for: 'P1D', next: 'ask' },
      },
    })
    player.answerCall = ({ callId }) =>
      callId === 'c1.1.1.call'
        ? { type: 'answered', atMs: Date.parse(START), answer: { status: 404 } }
        : { type: 'refused', reason: 'gave_up: http_econnrefused', answer: null }
    player.event('Signed Up').until('2026-12-03T00:00:00Z')
    expect(player.endings).toEqual(['asking: nobody answered'])
  })

  test('an outcome of another try, or of a run that is gone, changes nothing', () => {
    const player = play(asking())
    player.holdSends = true
    player.event('Signed Up')
    const late = (attempt: number): void =>
      player.settle([
        { type: 'callOutcome', callId: 'c1.1.1.call', attempt, outcome: answered(80) },
      ])
    late(2)
    expect(player.active).toBe('asking:ask')
    player.batch([
      { type: 'exit', seq: 9, receivedAtMs: player.nowMs, journey: null, reason: 'left' },
    ])
    const { actor } = player
    late(1)
    expect(player.actor).toEqual(actor)
    expect(player.endings).toEqual(['asking: left'])
  })

  test('is taken back when its run ends, while it has not begun', () => {
    const leaving: Journey = { ...asking(), exit: [{ event: 'Order Completed' }] }
    const player = play(leaving)
    player.holdSends = true
    player.event('Signed Up').event('Order Completed')
    expect([player.endings, player.held]).toEqual([['asking: exit'], []])
    expect(player.release().called).toEqual([])
  })

  test('what is open is issued again after a restart, and what has been heard is not', () => {
    const player = play(asking(), urgent)
    player.holdSends = true
    player.event('Signed Up')
    const rules = publishedTogether([asking(), urgent])
    const issued = () =>
      openEffects(player.actor, rules, player.nowMs).map((effect) =>
        effect.type === 'call' ? effect.request.callId : effect.type,
      )
    expect(issued()).toEqual(['c1.1.1.call'])
    player.event('Alarm')
    expect(issued()).toEqual(['c1.1.1.call'])
    player.release()
    expect(issued()).toEqual([])
  })
})

describe('a paused run', () => {
  test('hears the answer to a call that was on its way, and takes it when it resumes', () => {
    const player = play(asking(), urgent)
    player.answerCall = () => answered(80)
    player.holdSends = true
    player.event('Signed Up').event('Alarm')
    expect(player.paused).toEqual(['asking'])
    player.release()
    expect(player.actor.runs[0]).toMatchObject({ status: 'paused', heard: { type: 'answered' } })
    player.until('2026-12-04T00:00:00Z')
    expect(player.endings).toEqual(['urgent: completed', 'asking: high'])
    expect(player.called).toHaveLength(1)
  })

  test('tries again when it resumes, however long that was, and not before', () => {
    const player = play(asking(), urgent)
    player.answerCall = ({ attempt, nowMs }) =>
      attempt === 1 ? { type: 'retryAt', atMs: nowMs + 60_000, reason: 'http_503' } : answered(80)
    player.event('Signed Up').event('Alarm').until('2026-12-03T09:00:00Z')
    expect(player.called).toHaveLength(1)
    player.until('2026-12-04T00:00:00Z')
    expect(calls(player)).toEqual([
      ['c1.1.1.call', 1, '01T10:00'],
      ['c1.1.1.call', 2, '03T10:00'],
    ])
    expect(player.endings).toEqual(['urgent: completed', 'asking: high'])
  })
})

describe('an answer', () => {
  test('that meets an exit condition of its run ends it now, not when the next event comes', () => {
    const leaving: Journey = {
      ...asking({ next: 'rest' }),
      exit: [{ when: 'answers.quote.body.score > 50', reason: 'too dear' }],
    }
    const { steps } = leaving
    const player = play({
      ...leaving,
      steps: { ...steps, rest: { type: 'wait', for: 'P30D', next: 'low' } },
    })
    player.answerCall = () => answered(80)
    expect(player.event('Signed Up').endings).toEqual(['asking: too dear'])
  })

  test('is kept for later conditions of the run, and for its messages', () => {
    const { steps, ...rest } = asking({ next: 'rest' })
    const player = play({
      ...rest,
      steps: {
        ...steps,
        rest: { type: 'wait', for: 'P3D', next: 'mail' },
        mail: { type: 'message', message: 'm', channels: ['webhook'], next: 'look' },
      },
      messages: {
        m: { webhook: { url: 'https://x.example/', body: '{{ answers.quote.body.score }}' } },
      },
    })
    player.answerCall = () => answered(80)
    player.event('Signed Up').until('2026-12-05T00:00:00Z')
    expect(player.sent[0]?.answers).toEqual({ quote: { status: 200, body: { score: 80 } } })
    expect(player.endings).toEqual(['asking: high'])
  })

  test.each([
    ['x', 300_000],
    ['ä', 140_000],
  ])('that would make the actor too large counts as none (%s)', (letter, times) => {
    const player = play(asking())
    player.answerCall = () =>
      ({
        ...answered(80),
        answer: { status: 200, body: { score: letter.repeat(times) } },
      }) as CallOutcome
    player.event('Signed Up')
    expect(player.endings).toEqual(['asking: nobody answered'])
    expect(lines(player)).toEqual(['asking@1 · ask: answer_too_large'])
  })
})

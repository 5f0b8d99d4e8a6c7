import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import type { Journey } from '../journeys/journey.ts'

const START = '2026-12-01T10:00:00Z'
const again = { mode: 'afterExit' } as const
const on = (event: string): Journey['entry'] => ({ on: [{ event }], reentry: again })
const polite = (parts: Partial<Journey> = {}): Journey =>
  journey('polite', {
    onPreempt: 'finishStep',
    staleAfter: 'P60D',
    steps: {
      hello: { type: 'message', message: 'hello', next: 'rest' },
      rest: { type: 'wait', for: 'P2D', next: 'bye' },
      bye: { type: 'message', message: 'bye', next: 'done' },
      done: { type: 'exit' },
    },
    ...parts,
  })
const ranked = (key: string, rank: number, parts: Partial<Journey> = {}): Journey =>
  journey(key, {
    arbitration: { mode: 'manual', rank },
    entry: on(`Go ${key}`),
    steps: {
      hello: { type: 'message', message: 'hello', next: 'rest' },
      rest: { type: 'wait', for: 'P5D', next: 'done' },
      done: { type: 'exit' },
    },
    messages: { hello: mail(key) },
    ...parts,
  })
const urgent = ranked('urgent', 500)
const play = (...journeys: Journey[]): ActorPlayer => new ActorPlayer(journeys, START).reachable()
const entries = (player: ActorPlayer): string[] =>
  player.records.flatMap((record) => record.entries.map(({ summary }) => summary))

describe('a run that finishes its step first', () => {
  test('the other one is decided at once, waits, and starts when the step is over', () => {
    const player = play(polite(), urgent).event('Signed Up').until('2026-12-02T10:00:00Z')
    player.event('Go urgent')
    expect(player.decisions.at(-1)).toMatchObject({
      outcome: 'switch',
      replaced: { fate: 'finishing' },
    })
    expect(player.active).toBe('polite:rest')
    expect(player.actor.deferred).toMatchObject([
      {
        rule: { journey: 'urgent' },
        reason: 'Best of all that may start; it starts when polite has finished its step.',
      },
    ])
    expect(entries(player)).toContain('polite@1 finishes rest, then makes room')
    player.until('2026-12-03T10:00:00Z')
    expect(player.requests.at(-1)?.cause).toEqual({ type: 'step_finished', journey: 'polite' })
    expect([player.active, player.paused]).toEqual(['urgent:rest', ['polite']])
    expect(player.actor.deferred).toEqual([])
    // What it has finished it does not do again: it goes on with the next step.
    player.until('2026-12-08T10:00:00Z')
    expect(player.mails.at(-1)).toBe('2026-12-08T10:00 bye')
    expect(player.endings).toEqual(['urgent: completed', 'polite: completed'])
  })

  test('in the middle of a send: the message goes out once, and the other one starts after it', () => {
    const player = play(polite(), urgent)
    player.holdSends = true
    player.event('Signed Up').event('Go urgent')
    expect([player.active, player.held.length]).toEqual(['polite:hello', 1])
    player.release()
    expect([player.active, player.paused]).toEqual(['urgent:rest', ['polite']])
    player.until('2027-01-31T00:00:00Z')
    const keys = player.sent.map(({ deliveryId }) => deliveryId)
    expect(new Set(keys).size).toBe(keys.length)
    expect(player.mails).toEqual([
      '2026-12-01T10:00 hello',
      '2026-12-01T10:00 hello',
      '2026-12-08T10:00 bye',
    ])
  })

  test('that comes to its next step before the answer does finishes that one', () => {
    const player = play(polite(), urgent)
    player.holdSends = true
    player.event('Signed Up')
    player.holdDecisions = true
    player.event('Go urgent')
    player.release()
    expect(player.sent.map(({ journey: key }) => key)).toEqual(['polite'])
    expect(player.active).toBe('polite:rest')
    player.until('2026-12-03T10:00:00Z')
    expect([player.active, player.paused]).toEqual(['urgent:rest', ['polite']])
    player.until('2027-01-31T00:00:00Z')
    expect(player.actor.runs).toEqual([])
    expect(player.endings.toSorted()).toEqual(['polite: completed', 'urgent: completed'])
  })

  test('the step is over while a second decision is open: its answer is carried out at once', () => {
    const player = play(polite(), urgent, ranked('other', 400))
    player.holdSends = true
    player.event('Signed Up').event('Go urgent')
    player.holdDecisions = true
    player.event('Go other')
    const [deliver, ...decisions] = player.held.splice(0)
    expect([deliver?.type, decisions.map(({ type }) => type)]).toEqual(['deliver', ['arbitrate']])
    if (deliver?.type !== 'deliver') return
    const { deliveryId, attempt } = deliver.request
    const sent = { type: 'sent', atMs: player.nowMs, providerId: null } as const
    player.settle([{ type: 'sendOutcome', deliveryId, attempt, outcome: sent }])
    expect([player.active, player.actor.runs[0]?.heard]).toEqual(['polite:hello', { type: 'sent' }])
    player.held.push(...decisions)
    player.release()
    expect([player.active, player.paused]).toEqual(['urgent:rest', ['polite']])
  })

  test('a better one that comes meanwhile starts instead; the first one stays in the queue', () => {
    const player = play(polite(), urgent, ranked('better', 600)).event('Signed Up')
    player.event('Go urgent').event('Go better')
    expect(player.active).toBe('polite:rest')
    expect(player.actor.deferred.map(({ rule }) => rule.journey).toSorted()).toEqual([
      'better',
      'urgent',
    ])
    player.until('2026-12-03T10:00:00Z')
    expect(player.active).toBe('better:rest')
    expect(player.actor.deferred.map(({ rule }) => rule.journey)).toEqual(['urgent'])
    player.until('2026-12-08T10:00:00Z')
    expect(player.active).toBe('urgent:rest')
  })

  test('ends before: the other one starts then', () => {
    const player = play(polite({ exit: [{ event: 'Stopped', reason: 'stopped' }] }), urgent)
    player.event('Signed Up').event('Go urgent').event('Stopped')
    expect([player.active, player.endings]).toEqual(['urgent:rest', ['polite: stopped']])
  })

  test('goes on where the other one is not kept for so long, or may not start any more', () => {
    const brief = ranked('urgent', 500, { queueFor: 'PT1H' })
    const player = play(polite(), brief).event('Signed Up').event('Go urgent')
    player.until('2026-12-03T10:00:00Z')
    expect(player.mails.at(-1)).toBe('2026-12-03T10:00 bye')
    expect(player.endings).toEqual(['polite: completed'])
    const choosy = ranked('urgent', 500, {
      entry: { ...on('Go urgent'), when: "customer.traits.plan == 'gold'" },
    })
    const other = play(polite(), choosy).learn({ traits: { plan: 'gold' } })
    other
      .event('Signed Up')
      .event('Go urgent')
      .learn({ traits: { plan: 'free' } })
    other.until('2026-12-03T10:00:00Z')
    expect(other.paused).toEqual([])
    expect(other.endings).toEqual(['polite: completed'])
  })

  test('hears the event of its step, makes room, and takes it when it comes back', () => {
    const waiting = polite({
      steps: {
        hello: {
          type: 'waitFor',
          event: 'Viewed',
          within: 'P9D',
          next: 'bye',
          onTimeout: 'done',
        },
        bye: { type: 'message', message: 'bye', next: 'done' },
        done: { type: 'exit' },
      },
    })
    const player = play(waiting, urgent).event('Signed Up').event('Go urgent')
    expect(player.active).toBe('polite:hello')
    player.event('Viewed')
    expect([player.active, player.paused]).toEqual(['urgent:rest', ['polite']])
    player.until('2026-12-06T10:00:00Z')
    expect(player.mails.at(-1)).toBe('2026-12-06T10:00 bye')
  })

  test('counts one automatic switch, when it happens', () => {
    const rich = journey('rich', {
      arbitration: { mode: 'auto', value: 100 },
      entry: on('Go rich'),
    })
    const player = play(polite(), rich).event('Signed Up').until('2026-12-02T11:00:00Z')
    player.event('Go rich')
    expect([player.active, player.actor.autoSwitchesAtMs]).toEqual(['polite:rest', []])
    player.until('2026-12-03T10:00:00Z')
    expect([player.active, player.actor.autoSwitchesAtMs]).toEqual([
      'rich:rest',
      [Date.parse('2026-12-03T10:00:00Z')],
    ])
  })

  test('under a lock makes room for what broke it, and for nobody of a higher rank who may not', () => {
    const held = polite({ arbitration: { mode: 'manual', rank: 100, lock: 'journey' } })
    const breaker = ranked('breaker', 200, {
      arbitration: { mode: 'manual', rank: 200, breaksLocks: true },
    })
    const player = play(held, ranked('vip', 900), breaker).event('Signed Up')
    player.event('Go vip').event('Go breaker')
    expect(player.active).toBe('polite:rest')
    player.until('2026-12-03T10:00:00Z')
    expect(player.active).toBe('breaker:rest')
  })
})

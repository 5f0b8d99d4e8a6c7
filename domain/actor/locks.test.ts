import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import { journey, mail } from '../../test/support/journeys.ts'
import { publishedTogether } from '../simulation.ts'
import type { Journey, Lock } from '../journeys/journey.ts'
import { lockedBy } from './run-store.ts'

const START = '2026-12-01T10:00:00Z'
const again = { mode: 'afterExit' } as const
const on = (event: string): Journey['entry'] => ({ on: [{ event }], reentry: again })
const locked = (lock: Lock, parts: Partial<Journey> = {}): Journey =>
  journey('returns', {
    class: 'service',
    arbitration: { mode: 'manual', rank: 900, lock },
    entry: on('Order Refunded'),
    steps: {
      hello: { type: 'message', message: 'hello', next: 'rest' },
      rest: { type: 'wait', for: 'P5D', next: 'ask' },
      ask: { type: 'wait', for: 'P5D', next: 'bye' },
      bye: { type: 'message', message: 'bye', next: 'done' },
      done: { type: 'exit' },
    },
    ...parts,
  })
const birthday = journey('birthday', {
  arbitration: { mode: 'manual', rank: 950 },
  entry: on('Birthday'),
  queueFor: 'P60D',
})
const fraud = journey('fraud', {
  class: 'service',
  arbitration: { mode: 'manual', rank: 990, breaksLocks: true },
  entry: on('Fraud Suspected'),
})
const play = (...journeys: Journey[]): ActorPlayer => new ActorPlayer(journeys, START).reachable()
const lockOf = (player: ActorPlayer) =>
  player.records.flatMap(({ runs }) => runs).findLast(({ journey: key }) => key === 'returns')?.lock
const instant = (text: string): number => Date.parse(text)
const lockHolder = (player: ActorPlayer, ...journeys: Journey[]): string | null =>
  lockedBy(player.actor, publishedTogether(journeys))

describe('a lock until a step', () => {
  const subject = locked({ untilStep: 'ask' })

  test('holds until the run comes there; then the queue is asked at once', () => {
    const player = play(subject, birthday).event('Order Refunded').event('Birthday')
    expect([player.active, player.actor.deferred.length]).toEqual(['returns:rest', 1])
    expect(lockOf(player)).toEqual({ scope: 'untilStep', untilMs: null })
    expect(lockHolder(player, subject)).toBe('returns')
    player.until('2026-12-06T10:00:00Z')
    expect(player.requests.at(-1)?.cause).toEqual({ type: 'lock_released', journey: 'returns' })
    expect([player.active, player.paused]).toEqual(['birthday:rest', ['returns']])
    expect(lockHolder(player, subject)).toBeNull()
  })

  test('asks nobody where nobody could be next', () => {
    const player = play(subject, birthday).event('Order Refunded').until('2026-12-06T10:00:00Z')
    expect(player.decisions).toHaveLength(1)
    expect([player.active, lockOf(player)]).toEqual(['returns:ask', undefined])
    player.event('Birthday')
    expect(player.active).toBe('birthday:rest')
  })

  test('never comes back, also where the run comes to an earlier step again', () => {
    const round = locked(
      { untilStep: 'ask' },
      {
        steps: {
          hello: { type: 'message', message: 'hello', next: 'ask' },
          ask: { type: 'wait', for: 'P1D', next: 'back' },
          back: { type: 'wait', for: 'P30D', next: 'ask' },
        },
      },
    )
    const player = play(round, birthday).event('Order Refunded').until('2026-12-03T10:00:00Z')
    expect(player.active).toBe('returns:back')
    player.event('Birthday')
    expect(player.active).toBe('birthday:rest')
  })

  test('that is the first one holds nobody', () => {
    const player = play(locked({ untilStep: 'hello' }), birthday)
    player.event('Order Refunded').event('Birthday')
    expect(player.active).toBe('birthday:rest')
  })
})

describe('a lock until an instant', () => {
  const subject = locked({ until: '2026-12-03T18:00:00Z' })

  test('holds until then, and wakes the actor for those who wait', () => {
    const player = play(subject, birthday).event('Order Refunded').event('Birthday')
    expect(lockOf(player)).toEqual({ scope: 'until', untilMs: instant('2026-12-03T18:00:00Z') })
    player.until('2026-12-03T17:59:59Z')
    expect(player.active).toBe('returns:rest')
    player.until('2026-12-03T18:00:00Z')
    expect(player.active).toBe('birthday:rest')
    expect(player.decisions.at(-1)?.summary).toBe(
      'end of the lock of returns → switch from returns to birthday',
    )
  })

  test('that has passed holds nobody', () => {
    const player = play(locked({ until: '2026-11-30T00:00:00Z' }), birthday)
    player.event('Order Refunded').event('Birthday')
    expect(player.active).toBe('birthday:rest')
    expect(lockOf(player)).toBeUndefined()
  })

  test('goes on while its run is paused, and is over for the run when it comes back', () => {
    const player = play(subject, birthday, {
      ...fraud,
      steps: { hello: { type: 'wait', for: 'P1D', next: 'done' }, done: { type: 'exit' } },
    })
    player.event('Order Refunded').event('Fraud Suspected')
    expect([player.active, player.paused]).toEqual(['fraud:hello', ['returns']])
    player.until('2026-12-02T10:00:00Z').event('Birthday')
    expect(player.active).toBe('returns:rest')
    player.event('Fraud Suspected')
    player.until('2026-12-05T10:00:00Z')
    expect(player.active).toBe('birthday:rest')
  })
})

describe('a lock until a date', () => {
  const subject = locked({ untilDate: { date: 'deadline', offset: '-P1D', at: '18:00' } })
  const deadline = (date: string | null) => ({ dates: { deadline: date } })
  const begun = (date: string | null): ActorPlayer =>
    play(subject, birthday).learn(deadline(date)).event('Order Refunded')

  test('holds until then', () => {
    const player = begun('2026-12-05').event('Birthday')
    expect(lockOf(player)).toEqual({ scope: 'untilDate', untilMs: instant('2026-12-04T18:00:00Z') })
    player.until('2026-12-04T17:59:59Z')
    expect(player.active).toBe('returns:rest')
    player.until('2026-12-04T18:00:00Z')
    expect(player.active).toBe('birthday:rest')
  })

  test('is reckoned anew when the date changes, sooner or later', () => {
    const player = begun('2026-12-05').event('Birthday').learn(deadline('2026-12-03'))
    expect(lockOf(player)?.untilMs).toBe(instant('2026-12-02T18:00:00Z'))
    player.learn(deadline('2026-12-06')).until('2026-12-05T17:59:59Z')
    expect(player.active).toBe('returns:rest')
    player.until('2026-12-05T18:00:00Z')
    expect(player.active).toBe('birthday:rest')
  })

  test.each([
    ['is taken away', null],
    ['has passed by then', '2026-12-01'],
  ])('ends where the date %s, and does not come back with another one', (_, date) => {
    const player = begun('2026-12-05').event('Birthday').learn(deadline(date))
    expect(player.active).toBe('birthday:rest')
    const alone = play(subject, birthday).learn(deadline('2026-12-05')).event('Order Refunded')
    alone.learn(deadline(date)).learn(deadline('2026-12-09')).event('Birthday')
    expect(alone.active).toBe('birthday:rest')
  })

  test.each([
    ['is missing', null],
    ['has passed', '2026-11-05'],
  ])('that %s holds nobody', (_, date) => {
    expect(begun(date).event('Birthday').active).toBe('birthday:rest')
  })

  test('is reckoned in the zone of the contact policy, where nothing says where the customer lives', () => {
    const player = play(subject, birthday).govern({ zone: 'America/Los_Angeles' })
    player.learn(deadline('2026-12-05')).event('Order Refunded')
    expect(lockOf(player)?.untilMs).toBe(instant('2026-12-05T02:00:00Z'))
  })

  test('moves with the time zone of the customer', () => {
    const player = begun('2026-12-05').learn({ zone: 'America/Los_Angeles' })
    expect(lockOf(player)?.untilMs).toBe(instant('2026-12-05T02:00:00Z'))
  })
})

describe('a lock that ends while others wait', () => {
  test('by the end of its paused run has the queue asked at once', () => {
    const subject = { ...locked('journey'), exit: [{ event: 'Settled', reason: 'settled' }] }
    const first = journey('first', {
      arbitration: { mode: 'manual', rank: 1_000 },
      entry: on('First'),
      queueFor: 'P60D',
    })
    const player = play(subject, fraud, first).event('Order Refunded').event('Fraud Suspected')
    player.event('First')
    expect([player.active, player.actor.deferred.length]).toEqual(['fraud:rest', 1])
    player.event('Settled')
    expect(player.requests.at(-1)?.cause).toEqual({ type: 'lock_released', journey: 'returns' })
    expect([player.active, player.paused]).toEqual(['first:rest', ['fraud']])
  })

  test('while a decision is open has the arbiter asked once more', () => {
    const subject = locked(
      { untilStep: 'ask' },
      {
        steps: {
          hello: { type: 'message', message: 'hello', next: 'ask' },
          ask: { type: 'wait', for: 'P5D', next: 'done' },
          done: { type: 'exit' },
        },
        messages: { hello: mail('hello') },
      },
    )
    const player = play(subject, birthday)
    player.holdSends = true
    player.event('Order Refunded')
    const [sending] = player.held.splice(0)
    player.holdDecisions = true
    player.event('Birthday')
    player.tell(sending, { type: 'sent', atMs: player.nowMs, providerId: null })
    expect(player.active).toBe('returns:ask')
    player.release()
    expect([player.active, player.paused]).toEqual(['birthday:rest', ['returns']])
  })
})

describe('breaking a lock', () => {
  const subject = locked('journey')

  test('takes the declaration and the higher rank', () => {
    const player = play(subject, birthday, fraud).event('Order Refunded').event('Birthday')
    expect(player.active).toBe('returns:rest')
    player.event('Fraud Suspected')
    expect([player.active, player.paused]).toEqual(['fraud:rest', ['returns']])
    const low = { ...fraud, arbitration: { mode: 'manual', rank: 900, breaksLocks: true } as const }
    const other = play(subject, low).event('Order Refunded').event('Fraud Suspected')
    expect(other.active).toBe('returns:rest')
    expect(other.decisions.at(-1)?.fates).toMatchObject([{ fate: 'queue', gate: 'manual' }])
  })

  test('leaves the lock on: after what broke it the run comes back, before everybody else', () => {
    const patient = { ...subject, staleAfter: 'P30D' }
    const player = play(patient, birthday, fraud).event('Order Refunded').event('Fraud Suspected')
    player.event('Birthday')
    expect(player.decisions.at(-1)?.fates).toMatchObject([
      { journey: 'birthday', fate: 'queue', gate: 'lock' },
      { journey: 'returns', fate: 'keep' },
    ])
    expect(lockHolder(player, subject, fraud)).toBe('returns')
    player.until('2026-12-15T10:00:00Z')
    expect(player.active).toBe('returns:rest')
  })

  test('safety breaks every lock: an exit, a person, a withdrawn consent', () => {
    const marketing = { ...subject, class: 'marketing' as const }
    expect(play(marketing).event('Order Refunded').consent(false).endings).toEqual([
      'returns: consent_withdrawn',
    ])
    const stopped = { ...subject, exit: [{ event: 'Settled', reason: 'settled' }] }
    expect(play(stopped).event('Order Refunded').event('Settled').endings).toEqual([
      'returns: settled',
    ])
    const player = play(subject).event('Order Refunded')
    player.batch([{ type: 'exit', seq: 9, receivedAtMs: player.nowMs, journey: null, reason: 'x' }])
    expect(player.endings).toEqual(['returns: x'])
  })
})

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ActorPlayer } from '../../test/support/actor-player.ts'
import type { Arbitration, Journey, Lock } from '../journeys/journey.ts'
import { RUNS_MAX, SERVICE_RUNS_MAX } from './customer-state.ts'
import type { SendOutcome } from './inputs.ts'
import { isForeground } from './turn.ts'

const START_MS = Date.parse('2026-12-01T10:00:00Z')
const HOUR_MS = 3_600_000
const NAMES = [
  'Signed Up',
  'Product Viewed',
  'Order Completed',
  'Order Refunded',
  'Birthday',
  'Fraud Suspected',
] as const

const mail = { email: { subject: 's', html: 'h' } }
const line = (key: string, event: string, parts: Partial<Journey>): Journey => ({
  key,
  class: 'marketing',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event }], reentry: { mode: 'afterExit' } },
  start: 'first',
  steps: {
    first: { type: 'message', message: 'first', next: 'rest' },
    rest: { type: 'wait', for: 'P2D', at: '09:00', next: 'look' },
    look: {
      type: 'waitFor',
      event: 'Product Viewed',
      within: 'P3D',
      next: 'second',
      onTimeout: 'done',
    },
    second: { type: 'message', message: 'second', next: 'done' },
    done: { type: 'exit' },
  },
  messages: { first: mail, second: mail },
  ...parts,
})
const JOURNEYS = [
  line('welcome', 'Signed Up', {}),
  line('upsell', 'Order Completed', {
    arbitration: { mode: 'auto', value: 30 },
    onPreempt: 'finishStep',
  }),
  line('returns', 'Order Refunded', {
    class: 'service',
    arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
  }),
  line('birthday', 'Birthday', { arbitration: { mode: 'manual', rank: 500 } }),
  line('win-back', 'Signed Up', {
    entry: { on: [{ lifecycle: 'at_risk' }] },
    onPreempt: 'abandon',
  }),
  line('claim', 'Product Viewed', {
    class: 'service',
    arbitration: { mode: 'manual', rank: 700, lock: { untilStep: 'look' } },
    entry: { on: [{ event: 'Product Viewed' }], reentry: { mode: 'coolDown', for: 'P20D' } },
    onPreempt: 'finishStep',
  }),
  line('promise', 'Birthday', {
    class: 'service',
    arbitration: { mode: 'manual', rank: 600, lock: { until: '2026-12-20T10:00:00Z' } },
  }),
  line('fraud', 'Fraud Suspected', {
    class: 'service',
    arbitration: { mode: 'manual', rank: 800, breaksLocks: true },
  }),
  ...NAMES.map((event, index) =>
    line(`beside-${index}`, event, {
      class: 'service',
      lane: 'service',
      ...(index % 2 === 0 ? { queueFor: 'P3D' } : {}),
    }),
  ),
]

/** What holds at every instant: lanes and their bounds. */
function expectSound({ actor }: ActorPlayer): void {
  const foreground = actor.runs.filter(isForeground)
  const beside = actor.runs.filter((run) => !isForeground(run))
  expect(foreground.filter(({ status }) => status === 'active').length).toBeLessThanOrEqual(1)
  expect(foreground.length).toBeLessThanOrEqual(RUNS_MAX)
  expect(beside.length).toBeLessThanOrEqual(SERVICE_RUNS_MAX)
  expect(beside.every(({ status }) => status === 'active')).toBe(true)
}

/** What holds of every decision: each candidate has one fate and a reason, and a lock is broken by its betters only. */
function expectReasons({ decisions, requests }: ActorPlayer): void {
  for (const [index, { fates, replaced, winner }] of decisions.entries()) {
    const { active, candidates } = requests[index] ?? { active: null, candidates: [] }
    expect(fates.map(({ candidateId }) => candidateId).toSorted()).toEqual(
      candidates.map(({ candidateId }) => candidateId).toSorted(),
    )
    for (const { fate, gate, reason } of fates) {
      expect(reason).toMatch(/[.]$/)
      expect(gate === null).toBe(fate === 'win')
    }
    const by = candidates.find(({ candidateId }) => candidateId === winner)
    const held = [
      ...(replaced !== null && active?.locked === true ? [active] : []),
      ...candidates.filter((each) => each.locked === true && each.barred === null),
    ]
    for (const { arbitration } of by === undefined || by.locked === true ? [] : held) {
      if (by?.arbitration.mode !== 'manual' || arbitration.mode !== 'manual')
        throw new Error('Only who is ranked locks, and breaks locks')
      expect(by.arbitration.breaksLocks).toBe(true)
      expect(by.arbitration.rank).toBeGreaterThan(arbitration.rank)
    }
  }
}

const happening = fc.record({
  name: fc.constantFrom(...NAMES),
  /** Hours before the batch arrives; beyond 24 it is late. */
  agoHours: fc.oneof(
    { weight: 2, arbitrary: fc.integer({ min: 0, max: 23 }) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 2_000 }) },
  ),
  revenue: fc.integer({ min: 0, max: 50_000 }).map((cents) => cents / 100),
})

describe('advance, whatever happens in whatever order', () => {
  test('the same events in any order, with duplicates, give the same facts and the same lifecycle', () => {
    const run = (
      events: readonly { name: string; agoHours: number; revenue: number }[],
      repeat: boolean,
    ) => {
      const player = new ActorPlayer([], new Date(START_MS).toISOString())
      for (const { name, agoHours, revenue } of events) {
        const item = player.item(name, {
          occurredAt: new Date(START_MS - agoHours * HOUR_MS).toISOString(),
          properties: { revenue, order_id: `o${agoHours}` },
        })
        const n = player.nextBatch()
        player.batch([item], n)
        if (repeat) player.batch([item], n)
      }
      const { facts, lifecycle } = player.actor
      return { facts, state: lifecycle.state, nextAtMs: lifecycle.nextAtMs }
    }
    const shuffled = fc
      .array(happening, { maxLength: 40 })
      .chain((events) =>
        fc.tuple(fc.constant(events), fc.shuffledSubarray(events, { minLength: events.length })),
      )
    fc.assert(
      fc.property(shuffled, ([events, other]) => {
        expect(run(other, true)).toEqual(run(events, false))
      }),
      { numRuns: 200 },
    )
  })

  test('never two runs in the foreground, no lock broken, every loser with a reason; always comes to rest', () => {
    const outcome = fc.constantFrom<SendOutcome['type']>(
      'sent',
      'refused',
      'retryAt',
      'unknown',
      'dropped',
    )
    const action = fc.oneof(
      { weight: 6, arbitrary: happening.map((event) => ({ type: 'event' as const, ...event })) },
      {
        weight: 3,
        arbitrary: fc
          .integer({ min: 1, max: 400 })
          .map((hours) => ({ type: 'pass' as const, hours })),
      },
      {
        weight: 1,
        arbitrary: fc.boolean().map((granted) => ({ type: 'consent' as const, granted })),
      },
      {
        weight: 2,
        arbitrary: fc.record({
          type: fc.constant('hold' as const),
          decisions: fc.boolean(),
          sends: fc.boolean(),
        }),
      },
      { weight: 3, arbitrary: fc.constant({ type: 'release' as const }) },
    )
    fc.assert(
      fc.property(
        fc.array(action, { maxLength: 40 }),
        fc.array(outcome, { minLength: 1, maxLength: 8 }),
        (actions, outcomes) => {
          const player = new ActorPlayer(JOURNEYS, new Date(START_MS).toISOString()).reachable()
          let tries = 0
          player.answerSend = ({ attempt }) => {
            const type = outcomes[tries++ % outcomes.length]
            if (type === 'retryAt' && attempt < 5)
              return { type, atMs: player.nowMs + HOUR_MS, reason: 'busy' }
            if (type === 'refused' || type === 'dropped' || type === 'unknown')
              return { type, reason: 'r' }
            return { type: 'sent', atMs: player.nowMs, providerId: null }
          }
          for (const each of actions) {
            if (each.type === 'event') {
              const occurredAt = new Date(player.nowMs - each.agoHours * HOUR_MS).toISOString()
              player.event(each.name, { occurredAt, properties: { revenue: each.revenue } })
            } else if (each.type === 'pass')
              player.until(new Date(player.nowMs + each.hours * HOUR_MS).toISOString())
            else if (each.type === 'consent') player.consent(each.granted)
            else if (each.type === 'hold') {
              player.holdDecisions = each.decisions
              player.holdSends = each.sends
            } else player.release()
            expectSound(player)
          }
          player.release()
          const keys = player.sent.map(({ deliveryId }) => deliveryId)
          expect(new Set(keys).size).toBe(keys.length)
          expect(player.actor.collected).toEqual([])
          expect(player.actor.arbitration).toBeNull()
          expect(
            player.actor.runs.filter(({ heard, status }) => heard !== null && status === 'active'),
          ).toEqual([])
          expectReasons(player)
        },
      ),
      { numRuns: 500 },
    )
  })

  test('welcome + birthday + holiday + flash sale on one day for one customer, 200 variations: never two foreground runs, lock never broken, each loser with a reason', () => {
    const lock = fc.constantFrom<Lock | undefined>(
      undefined,
      'journey',
      { untilStep: 'look' },
      { until: '2026-12-02T18:00:00Z' },
      { untilDate: { date: 'departure' } },
    )
    const arbitration: fc.Arbitrary<Arbitration> = fc.oneof(
      fc.integer({ min: 1, max: 100 }).map((value): Arbitration => ({ mode: 'auto', value })),
      fc
        .record({ rank: fc.integer({ min: 1, max: 3 }), lock, breaks: fc.boolean() })
        .map(({ rank, lock: held, breaks }): Arbitration => ({
          mode: 'manual',
          rank,
          ...(held === undefined ? {} : { lock: held }),
          ...(breaks ? { breaksLocks: true } : {}),
        })),
    )
    const day = fc.tuple(
      ...['Signed Up', 'Birthday', 'Holiday Begun', 'Sale Opened'].map((event) =>
        fc.record({
          event: fc.constant(event),
          minute: fc.integer({ min: 0, max: 24 * 60 - 1 }),
          arbitration,
          onPreempt: fc.constantFrom('pause', 'abandon', 'finishStep'),
          queueFor: fc.option(fc.constantFrom('PT6H', 'P3D'), { nil: undefined }),
        }),
      ),
    )
    fc.assert(
      fc.property(day, fc.boolean(), (happenings, together) => {
        const journeys = happenings.map(({ event, queueFor, ...parts }) =>
          line(event.toLowerCase().replace(' ', '-'), event, {
            arbitration: parts.arbitration,
            onPreempt: parts.onPreempt,
            ...(queueFor === undefined ? {} : { queueFor }),
          }),
        )
        const player = new ActorPlayer(journeys, new Date(START_MS).toISOString())
          .reachable()
          .learn({ dates: { departure: '2026-12-03' } })
        if (together) player.batch(happenings.map(({ event }) => player.item(event)))
        else
          for (const { event, minute } of happenings.toSorted((a, b) => a.minute - b.minute)) {
            player.until(new Date(START_MS + minute * 60_000).toISOString()).event(event)
            expectSound(player)
          }
        for (let hours = 24; hours < 60 * 24; hours += 12) {
          player.until(new Date(START_MS + hours * HOUR_MS).toISOString())
          expectSound(player)
        }
        expectReasons(player)
        const keys = player.sent.map(({ deliveryId }) => deliveryId)
        expect(new Set(keys).size).toBe(keys.length)
        expect(player.decisions.length).toBeGreaterThan(0)
      }),
      { numRuns: 200 },
    )
  })

  test('asked again at the same instant with nothing new, it wants nothing', () => {
    fc.assert(
      fc.property(fc.array(happening, { maxLength: 20 }), (events) => {
        const player = new ActorPlayer(JOURNEYS, new Date(START_MS).toISOString()).reachable()
        for (const { name } of events) player.event(name)
        const before = player.actor
        player.settle([])
        expect(player.actor).toEqual(before)
      }),
    )
  })
})

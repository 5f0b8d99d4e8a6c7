import fc from 'fast-check'
import type { SendOutcome } from '../../domain/actor/inputs.ts'
import type { LifeEvent } from '../../domain/simulated-life.ts'
import type { Trigger } from '../../domain/journeys/journey.ts'
import { REQUEST_EVENT } from '../../domain/journeys/requested-entry.ts'
import { EVENTS } from './random-steps.ts'

const HOUR_MS = 3_600_000
export const START_MS = Date.parse('2026-12-01T10:00:00Z')

/** Something that happens so many hours after what came before. */
interface Moment {
  readonly afterHours: number
  readonly what:
    | {
        readonly type: 'track'
        readonly event: string
        readonly properties: object
        readonly lateHours: number
      }
    | { readonly type: 'identify'; readonly traits: object }
    | { readonly type: 'consent'; readonly granted: boolean }
    | { readonly type: 'exit' }
}

export interface RandomLife {
  readonly zone: string
  /** Whether the customer has an address, consents and a few traits from the start. */
  readonly isReachable: boolean
  readonly moments: readonly Moment[]
  /** What becomes of messages, in turn. */
  readonly sends: readonly ('sent' | 'refused' | 'retryAt' | 'unknown')[]
  /** What webhooks answer. */
  readonly status: 200 | 404 | 503
  readonly answer: unknown
}

const properties = fc
  .record(
    {
      order_id: fc.constantFrom('o1', 'o2', 3),
      revenue: fc.oneof(fc.integer({ min: 0, max: 100 }), fc.constant('much')),
      products: fc.oneof(
        fc.constant([{ product_id: 'p1', name: 'Cup' }]),
        fc.constant('none'),
        fc.constant([1, [2], null]),
      ),
      journey: fc.constant('random'),
    },
    { requiredKeys: [] },
  )
  .map((each): object => each)

const date = fc.constantFrom(
  '2026-12-10',
  '2026-02-29',
  '1984-02-29',
  '2026-12-03T08:00:00Z',
  '9999-12-31',
  'soon',
  7,
  null,
)

const moment: fc.Arbitrary<Moment> = fc.record({
  afterHours: fc.oneof(
    fc.integer({ min: 0, max: 30 }),
    fc.integer({ min: 30, max: 400 }),
    fc.constant(0),
  ),
  what: fc.oneof(
    {
      weight: 6,
      arbitrary: fc.record({
        type: fc.constant('track' as const),
        // `Interrupted` starts a locked journey, so that whatever runs is paused.
        event: fc.constantFrom(...EVENTS, 'Interrupted', REQUEST_EVENT),
        properties,
        lateHours: fc.constantFrom(0, 0, 0, 5, 30),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('identify' as const),
        traits: fc.record(
          {
            renewal: date,
            birthday: date,
            moved_at: date,
            plan: fc.constantFrom('gold', 'free', 5),
            email: fc.constantFrom('ada@example.com', ''),
            timezone: fc.constantFrom('Pacific/Apia', 'Europe/London', 'nowhere'),
          },
          { requiredKeys: [] },
        ),
      }),
    },
    {
      weight: 1,
      arbitrary: fc.record({ type: fc.constant('consent' as const), granted: fc.boolean() }),
    },
    { weight: 1, arbitrary: fc.constant({ type: 'exit' as const }) },
  ),
})

export const randomLife: fc.Arbitrary<RandomLife> = fc.record({
  zone: fc.constantFrom('UTC', 'Europe/Madrid', 'America/Los_Angeles', 'Asia/Kathmandu'),
  isReachable: fc.constantFrom(true, true, true, false),
  moments: fc.array(moment, { maxLength: 20 }),
  sends: fc.array(fc.constantFrom('sent', 'sent', 'refused', 'retryAt', 'unknown'), {
    minLength: 1,
    maxLength: 4,
  }),
  status: fc.constantFrom(200, 404, 503),
  answer: fc.oneof(fc.constant({ ok: 'yes' }), fc.jsonValue({ maxDepth: 2 })),
})

const REACHABLE: readonly Moment[] = [
  {
    afterHours: 0,
    what: {
      type: 'identify',
      traits: {
        email: 'ada@example.com',
        plan: 'gold',
        renewal: '2026-12-20',
        birthday: '--12-09',
      },
    },
  },
  { afterHours: 0, what: { type: 'consent', granted: true } },
]

/** What lets somebody into a journey by this trigger, as far as a caller can say it. */
function enteringBy(trigger: Trigger): Moment[] {
  const event = 'event' in trigger ? trigger.event : 'api' in trigger ? REQUEST_EVENT : null
  if (event === null) return []
  const properties = {
    journey: 'random',
    order_id: 'o1',
    revenue: 30,
    products: [{ product_id: 'p1', name: 'Cup' }],
  }
  return [{ afterHours: 1, what: { type: 'track', event, properties, lateHours: 0 } }]
}

/** The same as callers would tell it, each with its instant; first what lets somebody in. */
export function eventsOf(
  { moments, isReachable }: RandomLife,
  triggers: readonly Trigger[],
): LifeEvent[] {
  let atMs = START_MS
  const first = isReachable ? REACHABLE : []
  return [...first, ...triggers.flatMap(enteringBy), ...moments].map(
    ({ afterHours, what }): LifeEvent => {
      atMs += afterHours * HOUR_MS
      switch (what.type) {
        case 'track':
          return {
            atMs,
            type: 'track',
            event: what.event,
            properties: structuredClone(what.properties) as {},
            historical: false,
            occurredAtMs: atMs - what.lateHours * HOUR_MS,
          }
        case 'identify':
          return { atMs, type: 'identify', traits: what.traits as {} }
        case 'consent':
          return {
            atMs,
            type: 'consent',
            purpose: 'marketing',
            channel: 'email',
            granted: what.granted,
            source: 'random',
          }
        case 'exit':
          return { atMs, type: 'exit', journey: null, reason: 'asked' }
      }
    },
  )
}

/** What becomes of the next message. */
export function sendOutcome(
  type: RandomLife['sends'][number] | undefined,
  nowMs: number,
  attempt: number,
): SendOutcome | null {
  if (type === 'refused' || type === 'unknown') return { type, reason: 'random' }
  if (type === 'retryAt' && attempt < 4) return { type, atMs: nowMs + HOUR_MS, reason: 'busy' }
  return null
}

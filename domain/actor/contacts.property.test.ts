import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { contactRules } from '../../test/support/contact-rules.ts'
import type { Cap } from '../contact/policy.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import type { MessageClass } from '../journeys/journey.ts'
import { CHANNELS, type ChannelName } from '../journeys/values.ts'
import { publishedAs } from '../simulation.ts'
import { calendarPeriod } from '../time.ts'
import { reserve, settle } from './contacts.ts'
import type { CustomerState, Run } from './customer-state.ts'
import type { SendOutcome } from './inputs.ts'
import { newCustomer } from './new-customer.ts'
import { beginTurn } from './turn.ts'
import { verdictOf } from './verdicts.ts'

const START = Date.parse('2026-03-28T20:00:00Z')
const HOUR = 3_600_000
const ZONE = 'Europe/Madrid'
const CLASSES: readonly MessageClass[] = ['marketing', 'service']

interface Wanted {
  readonly key: string
  readonly class: MessageClass
  readonly channel: ChannelName
  readonly journey: string
}

/** When one try may have gone out. Null: it is under way, and still may. */
interface Stretch {
  readonly fromMs: number
  readonly untilMs: number | null
}

/** A message, and when each of its tries may have gone out. */
interface Gone extends Wanted {
  readonly tries: readonly Stretch[]
}

const cap = fc.record(
  {
    name: fc.constantFrom('a', 'b'),
    max: fc.integer({ min: 0, max: 4 }),
    window: fc.oneof(
      fc.constantFrom('PT6H', 'P1D', 'P7D'),
      fc.record({ calendar: fc.constantFrom('day' as const, 'week' as const) }),
    ),
    channels: fc.subarray([...CHANNELS], { minLength: 1 }),
    classes: fc.subarray([...CLASSES], { minLength: 1 }),
    journeys: fc.subarray(['x', 'y'], { minLength: 1 }),
    onCap: fc.constantFrom('skip' as const, 'hold' as const, 'otherChannel' as const),
  },
  { requiredKeys: ['name', 'max', 'window'] },
)

const OUTCOMES = [
  'sent',
  'muted',
  'unknown',
  'refused',
  'dropped',
  'withdrawn',
  'in doubt, withdrawn',
  'retryAt',
  'in doubt, retryAt',
  'held',
  'parked',
  'stale',
] as const

const step = fc.oneof(
  fc.record({
    do: fc.constant('want' as const),
    channel: fc.constantFrom(...CHANNELS),
    class: fc.constantFrom(...CLASSES),
    journey: fc.constantFrom('x', 'y'),
  }),
  fc.record({
    do: fc.constant('settle' as const),
    which: fc.nat(),
    outcome: fc.constantFrom(...OUTCOMES),
    /** How far back, of the time since it was wanted, it went out. */
    early: fc.double({ min: 0, max: 1, noNaN: true }),
    again: fc.boolean(),
  }),
  fc.record({ do: fc.constant('retry' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('pass' as const), hours: fc.integer({ min: 1, max: 60 }) }),
  fc.record({ do: fc.constant('restart' as const) }),
)

describe('row 9: a cap cannot leak', () => {
  test('whatever caps, sends and outcomes, in whatever order, and across a restart', () => {
    fc.assert(
      fc.property(
        fc.array(cap, { minLength: 1, maxLength: 3 }),
        fc.array(step, { minLength: 5, maxLength: 60 }),
        (caps, steps) => {
          const gone = play(caps, steps)
          for (const each of caps) expect(mostOf(each, gone)).toBeLessThanOrEqual(each.max)
        },
      ),
      { numRuns: 1_500 },
    )
  })

  test('also where more messages went out than are remembered', () => {
    const wants = (count: number, kind: MessageClass) =>
      Array.from({ length: count }, () => [
        { do: 'want', channel: 'webhook', class: kind, journey: 'x' } as const,
        { do: 'settle', which: 0, outcome: 'sent', early: 0, again: false } as const,
      ]).flat()
    const rare: Cap = { name: 'rare', max: 1, window: 'P7D', classes: ['marketing'] }
    const gone = play(
      [rare],
      [...wants(1, 'marketing'), ...wants(400, 'service'), ...wants(1, 'marketing')],
    )
    expect(gone.filter((each) => each.class === 'marketing')).toHaveLength(1)
  })
})

type Step = typeof step extends fc.Arbitrary<infer S> ? S : never

/** Plays what the actor does with its places, beside a world that notes what may have gone out. */
function play(caps: readonly Cap[], steps: readonly Step[]): Gone[] {
  const contact = contactRules({ caps })
  const { book } = publishedAs([], { lifecycle: DEFAULT_LIFECYCLE_RULES, contact })
  const known = { customerId: 'c1', test: false, zone: ZONE, known: true }
  const consents = { marketing: { email: true, webhook: true } }
  let state: CustomerState = { ...newCustomer(known, START), consents }
  state = { ...state, facts: { ...state.facts, has: { email: true } } }
  let nowMs = START
  const attempts = new Map<string, number>()
  const open = new Map<string, { attempt: number; sinceMs: number }>()
  const waiting = new Set<string>()
  const gone = new Map<string, Gone>()
  const doubts = new Map<string, readonly Stretch[]>()
  const turn = () => {
    const runs = [...open.keys()].map(runAwaiting)
    return beginTurn({ ...state, runs }, { book, definitions: {} }, nowMs)
  }

  const want = (what: Wanted): void => {
    const now = turn()
    const { key, ...judged } = what
    if (verdictOf(now, { ...judged, deliveryId: key }).type !== 'send') return
    const attempt = (attempts.get(key) ?? 0) + 1
    attempts.set(key, attempt)
    reserve(now, what, attempt)
    state = now.state
    open.set(key, { attempt, sinceMs: nowMs })
    waiting.delete(key)
    gone.set(key, {
      ...what,
      tries: [...(doubts.get(key) ?? []), { fromMs: nowMs, untilMs: null }],
    })
  }

  const messages = new Map<string, Wanted>()
  for (const each of steps) {
    switch (each.do) {
      case 'pass':
        nowMs += each.hours * HOUR
        break
      case 'restart':
        state = JSON.parse(JSON.stringify(state)) as CustomerState
        break
      case 'want': {
        const key = `c1.${messages.size}`
        const { channel, class: messageClass, journey } = each
        const what = { key, channel, class: messageClass, journey }
        messages.set(key, what)
        want(what)
        break
      }
      case 'retry': {
        const key = [...waiting][each.which % Math.max(1, waiting.size)]
        const what = key === undefined ? undefined : messages.get(key)
        if (what === undefined) break
        want(what)
        // What became of the try before comes once more.
        const late = turn()
        settle(late, what.key, (attempts.get(what.key) ?? 0) - 1, { type: 'withdrawn' })
        state = late.state
        break
      }
      case 'settle': {
        const key = [...open.keys()][each.which % Math.max(1, open.size)]
        const sent = key === undefined ? undefined : open.get(key)
        const noted = key === undefined ? undefined : gone.get(key)
        if (key === undefined || sent === undefined || noted === undefined) break
        const atMs = Math.round(nowMs - each.early * (nowMs - sent.sinceMs))
        const outcome = outcomeOf(each.outcome, atMs)
        const now = turn()
        settle(now, key, sent.attempt, outcome)
        if (each.again) settle(now, key, sent.attempt, { type: 'refused', reason: 'late' })
        if (each.again) settle(now, key, sent.attempt - 1, { type: 'withdrawn' })
        state = now.state
        open.delete(key)
        const isInDoubt = 'inDoubt' in outcome || outcome.type === 'unknown'
        const doubt = doubts.get(key) ?? []
        if (outcome.type === 'sent')
          gone.set(key, { ...noted, tries: [...doubt, { fromMs: atMs, untilMs: atMs }] })
        else if (isInDoubt || outcome.type === 'muted') {
          const tries = [...doubt, { fromMs: sent.sinceMs, untilMs: nowMs }]
          doubts.set(key, tries)
          gone.set(key, { ...noted, tries })
        } else if (doubt.length === 0) gone.delete(key)
        else gone.set(key, { ...noted, tries: doubt })
        if (!['sent', 'muted', 'unknown', 'refused', 'dropped'].includes(outcome.type))
          waiting.add(key)
      }
    }
  }
  return [...gone.values()].map((each) => ({
    ...each,
    tries: each.tries.map(({ fromMs, untilMs }) => ({ fromMs, untilMs: untilMs ?? nowMs })),
  }))
}

/** As much of a run as the count of contacts looks at. */
function runAwaiting(deliveryId: string): Run {
  const send = { deliveryId, channel: 'email', message: 'm', remaining: [], attempt: 1 } as const
  const wait = { ...send, firstTriedAtMs: START, phase: 'open', retryAtMs: null } as const
  return { runId: deliveryId, wait: { type: 'send', send: wait } } as unknown as Run
}

function outcomeOf(name: (typeof OUTCOMES)[number], atMs: number): SendOutcome {
  switch (name) {
    case 'sent':
      return { type: 'sent', atMs, providerId: null }
    case 'in doubt, withdrawn':
      return { type: 'withdrawn', inDoubt: true }
    case 'in doubt, retryAt':
      return { type: 'retryAt', atMs, reason: 'x', inDoubt: true }
    case 'stale':
      return { type: 'stale', bookHash: 'b' }
    case 'held':
      return { type: 'held', untilMs: null, reason: 'x' }
    case 'retryAt':
      return { type: 'retryAt', atMs, reason: 'x' }
    default:
      return name === 'muted' || name === 'withdrawn' ? { type: name } : { type: name, reason: 'x' }
  }
}

const LENGTHS: Readonly<Record<string, number>> = {
  PT6H: 6 * HOUR,
  P1D: 24 * HOUR,
  P7D: 168 * HOUR,
}

/** The most messages of a cap's scope that can have gone out in one of its windows. */
function mostOf(counted: Cap, gone: readonly Gone[]): number {
  const { window, channels, classes, journeys } = counted
  const own = gone.filter(
    (each) =>
      channels?.includes(each.channel) !== false &&
      classes?.includes(each.class) !== false &&
      journeys?.includes(each.journey) !== false,
  )
  const ends = own.flatMap(({ tries }) =>
    tries.flatMap(({ fromMs, untilMs }) => [fromMs, untilMs ?? fromMs]),
  )
  return Math.max(
    0,
    ...ends.map((endMs) => {
      const [fromMs, untilMs] =
        typeof window === 'string'
          ? [endMs - (LENGTHS[window] ?? 0) + 1, endMs]
          : periodOf(window.calendar, endMs)
      return own.filter(({ tries }) =>
        tries.some((each) => each.fromMs <= untilMs && (each.untilMs ?? 0) >= fromMs),
      ).length
    }),
  )
}

function periodOf(unit: 'day' | 'week' | 'month', atMs: number): [number, number] {
  const { fromMs, untilMs } = calendarPeriod(atMs, unit, ZONE)
  return [fromMs, untilMs - 1]
}

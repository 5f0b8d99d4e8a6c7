import fc from 'fast-check'
import { expect, test } from 'vitest'
import { contactRules } from '../../test/support/contact-rules.ts'
import type { FatigueRule, FatigueStep } from '../contact/policy.ts'
import { countEvent, NO_FACTS } from '../customers/facts.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import type { MessageClass } from '../journeys/journey.ts'
import { publishedAs } from '../simulation.ts'
import { reserve, settle } from './contacts.ts'
import type { CustomerState, Run } from './customer-state.ts'
import type { SendOutcome } from './inputs.ts'
import { newCustomer } from './new-customer.ts'
import { beginTurn } from './turn.ts'
import { verdictOf } from './verdicts.ts'

const START = Date.parse('2026-03-28T20:00:00Z')
const DAY = 86_400_000
const REACTIONS = ['Email Opened', 'Email Link Clicked']

/** Steps that begin later and later, and let less and less through. */
const steps: fc.Arbitrary<FatigueStep[]> = fc
  .tuple(
    fc.array(
      fc.record({ gap: fc.integer({ min: 1, max: 4 }), days: fc.integer({ min: 1, max: 40 }) }),
      {
        minLength: 1,
        maxLength: 3,
      },
    ),
    fc.boolean(),
    fc.integer({ min: 1, max: 3 }),
  )
  .map(([throttles, doesStop, max]) => {
    let afterUnanswered = 0
    let days = 0
    const rising = throttles.map((each): FatigueStep => {
      afterUnanswered += each.gap
      days += each.days
      return { afterUnanswered, max, per: `P${Math.min(92, days)}D` }
    })
    return doesStop ? [...rising, { afterUnanswered: afterUnanswered + 2, stop: true }] : rising
  })

const happening = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      do: fc.constant('want' as const),
      kind: fc.constantFrom<MessageClass>('marketing', 'service'),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      do: fc.constant('settle' as const),
      which: fc.nat(),
      isGone: fc.boolean(),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      do: fc.constant('react' as const),
      name: fc.constantFrom(...REACTIONS),
      lateMs: fc.nat(3 * DAY),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('pass' as const),
      days: fc.integer({ min: 1, max: 45 }),
    }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const) }) },
)
type Happening = typeof happening extends fc.Arbitrary<infer H> ? H : never

test('whatever is sent and answered, no more goes out than the rule lets through', () => {
  const holds = fc.property(
    steps,
    fc.array(happening, { minLength: 20, maxLength: 150 }),
    (of, all) => {
      play(of, all)
    },
  )
  fc.assert(holds, { numRuns: 600 })
})

test('what was not answered is remembered however long ago it was, and however much else went out', () => {
  const want = (kind: MessageClass): Happening[] => [
    { do: 'want', kind },
    { do: 'settle', which: 0, isGone: true },
  ]
  const others = Array.from({ length: 400 }, () => want('service')).flat()
  const year: Happening[] = Array.from({ length: 9 }, () => ({ do: 'pass', days: 40 }))
  const gone = play(
    [{ afterUnanswered: 2, stop: true }],
    [...want('marketing'), ...want('marketing'), ...year, ...others, ...want('marketing')],
  )
  expect(gone).toBe(2)
})

/** Plays what the actor does, and holds each message that it lets through against the rule; answers how many went out. */
function play(of: readonly FatigueStep[], happenings: readonly Happening[]): number {
  const rule: FatigueRule = { name: 'quiet', channel: 'email', reactions: REACTIONS, steps: of }
  const { book } = publishedAs([], {
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    contact: contactRules({ fatigue: [rule] }),
  })
  const known = { customerId: 'c1', test: false, zone: 'UTC', known: true }
  const since = { since: 1, total: 0, recentMs: [] }
  const facts = {
    ...NO_FACTS,
    has: { email: true },
    counters: Object.fromEntries(REACTIONS.map((name) => [name, since])),
  }
  let state: CustomerState = {
    ...newCustomer(known, START),
    consents: { marketing: { email: true } },
    facts,
  }
  let nowMs = START
  let reactedAtMs = -Infinity
  let wanted = 0
  const open = new Map<string, MessageClass>()
  /** Marketing mails that went out, or are on their way (null), by key. */
  const gone = new Map<string, number | null>()
  const turn = () =>
    beginTurn(
      { ...state, runs: [...open.keys()].map(runAwaiting) },
      { book, definitions: {} },
      nowMs,
    )

  for (const each of happenings) {
    switch (each.do) {
      case 'pass':
        nowMs += each.days * DAY
        break
      case 'restart':
        state = JSON.parse(JSON.stringify(state)) as CustomerState
        break
      case 'react': {
        const occurredAtMs = nowMs - each.lateMs
        reactedAtMs = Math.max(reactedAtMs, occurredAtMs)
        state = {
          ...state,
          facts: countEvent(state.facts, book, { name: each.name, occurredAtMs, properties: {} }),
        }
        break
      }
      case 'want': {
        const key = `c1.${wanted++}`
        const place = { key, channel: 'email', class: each.kind, journey: 'x' } as const
        const now = turn()
        const { key: deliveryId, ...judged } = place
        if (verdictOf(now, { ...judged, deliveryId }).type !== 'send') break
        if (each.kind === 'marketing') {
          expect(allowed(of, [...gone.values()], { nowMs, reactedAtMs })).toBe(true)
          gone.set(key, null)
        }
        reserve(now, place, 1)
        state = now.state
        open.set(key, each.kind)
        break
      }
      case 'settle': {
        const key = [...open.keys()][each.which % Math.max(1, open.size)]
        if (key === undefined) break
        const outcome: SendOutcome = each.isGone
          ? { type: 'sent', atMs: nowMs, providerId: null }
          : { type: 'refused', reason: 'x' }
        const now = turn()
        settle(now, key, 1, outcome)
        state = now.state
        open.delete(key)
        if (each.isGone && gone.has(key)) gone.set(key, nowMs)
        else gone.delete(key)
      }
    }
  }
  return gone.size
}

/** Whether the rule, read as it is written, lets one more through. */
function allowed(
  of: readonly FatigueStep[],
  gone: readonly (number | null)[],
  { nowMs, reactedAtMs }: { readonly nowMs: number; readonly reactedAtMs: number },
): boolean {
  const unanswered = gone.map((atMs) => atMs ?? nowMs).filter((atMs) => atMs >= reactedAtMs)
  const step = of.findLast(({ afterUnanswered }) => unanswered.length >= afterUnanswered)
  if (step === undefined) return true
  if ('stop' in step) return false
  const windowMs = Number(/^P(\d+)D$/.exec(step.per)?.[1]) * DAY
  return unanswered.filter((atMs) => atMs + windowMs > nowMs).length < step.max
}

/** As much of a run as the count of contacts looks at. */
function runAwaiting(deliveryId: string): Run {
  const send = { deliveryId, channel: 'email', message: 'm', remaining: [], attempt: 1 } as const
  const wait = { ...send, firstTriedAtMs: START, phase: 'open', retryAtMs: null } as const
  return { runId: deliveryId, wait: { type: 'send', send: wait } } as unknown as Run
}

import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { JsonValue } from '../json.ts'
import type { Arbitration, Lane, OnPreempt } from '../journeys/journey.ts'
import { arbitrate } from './arbitrate.ts'
import type { ActiveRun, ArbitrationRequest, Barred, Candidate } from './arbitration.ts'
import { replay } from './replay.ts'

const AT_MS = Date.parse('2026-12-10T10:00:00Z')
const name = fc.constantFrom('a', 'b', 'c', 'd', 'e')
/** No two factors of which multiply alike in every order. */
const figure = fc.double({ min: 0, max: 1_000, noNaN: true })
const instant = fc.integer({ min: AT_MS - 20 * 86_400_000, max: AT_MS + 86_400_000 })
const arbitration: fc.Arbitrary<Arbitration> = fc.oneof(
  fc.record(
    {
      mode: fc.constant('manual' as const),
      rank: fc.integer({ min: 0, max: 3 }),
      lock: fc.constant('journey' as const),
      breaksLocks: fc.constant(true as const),
    },
    { requiredKeys: ['mode', 'rank'] },
  ),
  fc.record(
    {
      mode: fc.constant('auto' as const),
      value: figure,
      lever: figure,
      propensity: fc.double({ min: 0, max: 1, noNaN: true }),
    },
    { requiredKeys: ['mode', 'value'] },
  ),
)
const context = fc.dictionary(
  fc.constantFrom('winter', 'rain', 'a longer name', 'z', 'close to payday'),
  fc.double({ min: 0.1, max: 3, noNaN: true }),
  { minKeys: 3 },
)
const barred: fc.Arbitrary<Barred> = fc.record({
  gate: fc.constantFrom('live' as const, 'entry' as const, 'reentry' as const),
  reason: fc.constant('Because.'),
})
const candidate: fc.Arbitrary<Omit<Candidate, 'candidateId'>> = fc.record(
  {
    source: fc.constantFrom('trigger' as const, 'deferred' as const, 'paused' as const),
    journey: name,
    version: fc.integer({ min: 1, max: 3 }),
    hash: name,
    class: fc.constantFrom('marketing' as const, 'service' as const),
    lane: fc.constantFrom<Lane>('foreground', 'service'),
    arbitration,
    context,
    qualifiedAtMs: instant,
    queueForMs: fc.option(fc.integer({ min: 1, max: 1e9 })),
    expiresAtMs: fc.option(instant),
    runId: fc.constant(null),
    barred: fc.option(barred, { freq: 3 }),
  },
  {
    requiredKeys: [
      'source',
      'journey',
      'version',
      'hash',
      'class',
      'arbitration',
      'qualifiedAtMs',
      'queueForMs',
      'expiresAtMs',
      'runId',
      'barred',
    ],
  },
)
const active: fc.Arbitrary<ActiveRun> = fc.record(
  {
    runId: fc.constant('r1'),
    journey: name,
    version: fc.constant(1),
    arbitration,
    activeSinceMs: instant,
    locked: fc.boolean(),
    onPreempt: fc.constantFrom<OnPreempt>('pause', 'abandon', 'finishStep'),
    context,
  },
  {
    requiredKeys: [
      'runId',
      'journey',
      'version',
      'arbitration',
      'activeSinceMs',
      'locked',
      'onPreempt',
    ],
  },
)
const request: fc.Arbitrary<ArbitrationRequest> = fc.record(
  {
    decisionId: fc.constant('c1.7.00ff'),
    customerId: fc.constant('c1'),
    test: fc.boolean(),
    atMs: fc.constant(AT_MS),
    bookHash: fc.constant('b'),
    cause: fc.constant({ type: 'event' as const, event: 'Signed Up', seq: 1 }),
    active: fc.option(active),
    pausedRuns: fc.integer({ min: 0, max: 2 }),
    candidates: fc
      .array(candidate, { maxLength: 6 })
      .map((list) => list.map((each, index) => ({ ...each, candidateId: `c${index}` }))),
    autoSwitchesAtMs: fc.array(instant, { maxLength: 3 }),
    serviceRuns: fc.integer({ min: 0, max: 3 }),
    settings: fc.record({
      margin: fc.double({ min: 0, max: 1, noNaN: true }),
      dwellMs: fc.integer({ min: 0, max: 1e9 }),
      switchesMax: fc.integer({ min: 0, max: 3 }),
      switchWindowMs: fc.integer({ min: 1, max: 1e9 }),
      propensity: fc.double({ min: 0, max: 1, noNaN: true }),
    }),
  },
  {
    requiredKeys: [
      'decisionId',
      'customerId',
      'test',
      'atMs',
      'bookHash',
      'cause',
      'active',
      'pausedRuns',
      'candidates',
      'autoSwitchesAtMs',
    ],
  },
)

/** As `jsonb` gives back what it was given: members by the length of their names, then by name. */
function throughJsonb<T>(value: T): T {
  const reorder = (part: JsonValue): JsonValue => {
    if (typeof part !== 'object' || part === null) return part
    if (Array.isArray(part)) return part.map(reorder)
    return Object.fromEntries(
      Object.entries(part)
        .toSorted(([a], [b]) => a.length - b.length || (a < b ? -1 : 1))
        .map(([key, inner]) => [key, reorder(inner)]),
    )
  }
  return reorder(JSON.parse(JSON.stringify(value)) as JsonValue) as T
}

describe('replay', () => {
  test('decides to the bit as it was decided, from what the store gives back', () => {
    fc.assert(
      fc.property(request, (asked) => {
        const decided = arbitrate(asked)
        expect(replay(throughJsonb(asked), throughJsonb(decided))).toMatchObject({ isEqual: true })
      }),
      { numRuns: 500 },
    )
  })

  test('tells a decision apart whose score differs in the last bit', () => {
    const [asked] = fc.sample(request, { numRuns: 1, seed: 1 })
    if (asked === undefined) throw new Error('The generator gives requests')
    const one: Candidate = {
      candidateId: 'c1',
      source: 'trigger',
      journey: 'a',
      version: 1,
      hash: 'a',
      class: 'marketing',
      arbitration: { mode: 'auto', value: 12.3, propensity: 0.1 },
      qualifiedAtMs: AT_MS,
      queueForMs: null,
      expiresAtMs: null,
      runId: null,
      barred: null,
    }
    const withOne = { ...asked, candidates: [one] }
    const decided = arbitrate(withOne)
    const fates = decided.fates.map((fate) => ({
      ...fate,
      score: fate.score && { ...fate.score, total: fate.score.total * (1 + Number.EPSILON) },
    }))
    expect(replay(withOne, decided).isEqual).toBe(true)
    expect(replay(withOne, { ...decided, fates }).isEqual).toBe(false)
  })
})

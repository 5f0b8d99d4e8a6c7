import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitrate, scoreOf } from './arbitrate.ts'
import type { ActiveRun, ArbitrationRequest, Candidate } from './arbitration.ts'
import type { Arbitration } from '../journeys/journey.ts'

const DAY_MS = 86_400_000
const AT_MS = Date.parse('2026-12-10T10:00:00Z')
const auto = (value: number): Arbitration => ({ mode: 'auto', value })
const manual = (rank: number, lock = false): Arbitration => ({
  mode: 'manual',
  rank,
  ...(lock ? { lock: 'journey' } : {}),
})

const candidate = (
  journey: string,
  arbitration: Arbitration,
  parts: Partial<Candidate> = {},
): Candidate => ({
  candidateId: journey,
  source: 'trigger',
  journey,
  version: 1,
  hash: journey,
  class: 'marketing',
  arbitration,
  qualifiedAtMs: AT_MS,
  queueForMs: null,
  expiresAtMs: null,
  runId: null,
  barred: null,
  ...parts,
})
const running = (
  journey: string,
  arbitration: Arbitration,
  parts: Partial<ActiveRun> = {},
): ActiveRun => ({
  runId: 'r1',
  journey,
  version: 1,
  arbitration,
  activeSinceMs: AT_MS - 3 * DAY_MS,
  locked: arbitration.mode === 'manual' && arbitration.lock === 'journey',
  onPreempt: 'pause',
  ...parts,
})
const decide = (
  candidates: Candidate[],
  active: ActiveRun | null = null,
  parts: Partial<ArbitrationRequest> = {},
) =>
  arbitrate({
    decisionId: 'd1',
    customerId: 'c1',
    test: false,
    atMs: AT_MS,
    bookHash: 'b',
    cause: { type: 'event', event: 'Signed Up', seq: 1 },
    active,
    pausedRuns: 0,
    candidates,
    autoSwitchesAtMs: [],
    ...parts,
  })
const gates = (decision: ReturnType<typeof decide>) =>
  decision.fates.map(({ journey, fate, gate }) => `${journey} ${fate} ${gate ?? ''}`.trim())

describe('arbitrate', () => {
  test('enters the only candidate', () => {
    expect(decide([candidate('a', auto(1))])).toMatchObject({
      outcome: 'enter',
      winner: 'a',
      replaced: null,
    })
  })

  test('resumes a paused run when nothing else runs', () => {
    expect(decide([candidate('a', auto(1), { source: 'paused', runId: 'a' })]).outcome).toBe(
      'resume',
    )
  })

  test('a manual candidate precedes every auto one, a higher rank the lower', () => {
    expect(
      gates(
        decide([
          candidate('rich', auto(1e9)),
          candidate('low', manual(1)),
          candidate('high', manual(2)),
        ]),
      ),
    ).toEqual(['high win', 'low reject rank', 'rich reject rank'])
  })

  test('a locked run stays, whatever the candidate is worth; who may queue is queued', () => {
    const decision = decide(
      [candidate('a', manual(9_999), { queueForMs: DAY_MS }), candidate('b', auto(9_999))],
      running('returns', manual(1, true)),
    )
    expect([decision.outcome, gates(decision)]).toEqual([
      'queue',
      ['a queue lock', 'b reject lock'],
    ])
    expect(decision.fates[0]?.untilMs).toBe(AT_MS + DAY_MS)
  })

  test('a manual candidate takes over from an auto run and from a lower rank only', () => {
    expect(decide([candidate('a', manual(1))], running('r', auto(1e9))).outcome).toBe('switch')
    expect(decide([candidate('a', manual(2))], running('r', manual(1))).outcome).toBe('switch')
    expect(gates(decide([candidate('a', manual(1))], running('r', manual(1))))).toEqual([
      'a reject manual',
    ])
  })

  test.each([
    ['not more than the margin', 110, {}, {}, 'a reject margin'],
    ['more than the margin', 110.1, {}, {}, 'a win'],
    ['before the dwell is over', 500, { activeSinceMs: AT_MS - DAY_MS + 1 }, {}, 'a reject dwell'],
    ['when the dwell is over', 500, { activeSinceMs: AT_MS - DAY_MS }, {}, 'a win'],
    [
      'after two switches in seven days',
      500,
      {},
      { autoSwitchesAtMs: [AT_MS - 6 * DAY_MS, AT_MS - DAY_MS] },
      'a reject switches',
    ],
    [
      'when one of them is a week old',
      500,
      {},
      { autoSwitchesAtMs: [AT_MS - 7 * DAY_MS, AT_MS - DAY_MS] },
      'a win',
    ],
  ])('auto against auto: %s', (_, value, active, request, expected) => {
    expect(
      gates(decide([candidate('a', auto(value))], running('r', auto(100), active), request)),
    ).toEqual([expected])
  })

  test('ties go to the earlier qualification, then to the key', () => {
    expect(
      decide([candidate('b', auto(1)), candidate('a', auto(1), { qualifiedAtMs: AT_MS + 1 })])
        .winner,
    ).toBe('b')
    expect(decide([candidate('b', auto(1)), candidate('a', auto(1))]).winner).toBe('a')
  })

  test('what is barred, closed or expired is rejected at its gate; a barred paused run is kept', () => {
    const barred = { gate: 'entry', reason: 'no' } as const
    expect(
      gates(
        decide([
          candidate('a', auto(1), { barred }),
          candidate('b', auto(1), { hash: 'closed' }),
          candidate('c', auto(1), { source: 'deferred', expiresAtMs: AT_MS - 1 }),
          candidate('d', auto(1), { source: 'paused', barred }),
        ]),
      ),
    ).toEqual(['a reject entry', 'b reject live', 'c reject live', 'd keep entry'])
  })

  test('the score is propensity × context × value × lever, with every part in the decision', () => {
    expect(scoreOf({ mode: 'auto', value: 50, lever: 2, propensity: 0.3 })).toEqual({
      propensity: 0.3,
      context: 1,
      value: 50,
      lever: 2,
      total: 30,
    })
    expect(scoreOf(manual(1))).toBeNull()
  })

  test('the order of candidates changes nothing: the order of fates is total', () => {
    const any = fc.uniqueArray(
      fc.record({
        key: fc.string({ minLength: 1, maxLength: 3 }),
        arbitration: fc.oneof(
          fc.integer({ min: 0, max: 3 }).map((rank) => manual(rank)),
          fc.integer({ min: 0, max: 3 }).map((value) => auto(value)),
        ),
        agoMs: fc.integer({ min: 0, max: 2 }),
      }),
      { selector: ({ key }) => key, maxLength: 6 },
    )
    fc.assert(
      fc.property(
        any.chain((all) =>
          fc.tuple(fc.constant(all), fc.shuffledSubarray(all, { minLength: all.length })),
        ),
        ([some, other]) => {
          const make = (parts: typeof some) =>
            decide(
              parts.map(({ key, arbitration, agoMs }) =>
                candidate(key, arbitration, { qualifiedAtMs: AT_MS - agoMs }),
              ),
            )
          expect(make(other)).toEqual(make(some))
        },
      ),
    )
  })
})

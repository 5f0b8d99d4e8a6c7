import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { arbitrate } from './arbitrate.ts'
import type { ArbitrationSettings } from './arbitration-rules.ts'
import type { ActiveRun, ArbitrationRequest, Candidate } from './arbitration.ts'
import type { Arbitration } from '../journeys/journey.ts'
import { scoreOf } from './score.ts'

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
          candidate('b', auto(1), { barred: { gate: 'live', reason: 'closed' } }),
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

  test('what is published decides instead of the defaults: margin, dwell, switches, propensity', () => {
    const settings: ArbitrationSettings = {
      margin: 0.5,
      dwellMs: 2 * DAY_MS,
      switchesMax: 1,
      switchWindowMs: 3 * DAY_MS,
      propensity: 0.2,
    }
    const against = (
      value: number,
      active: Partial<ActiveRun> = {},
      request: Partial<ArbitrationRequest> = {},
    ) =>
      decide([candidate('a', auto(value))], running('r', auto(100), active), {
        settings,
        ...request,
      })
    expect(gates(against(150))).toEqual(['a reject margin'])
    expect(against(150).fates[0]).toMatchObject({
      reason: 'Worth 30, and r is worth 20: it takes more than 50 % more to leave that.',
      score: { propensity: 0.2, total: 30 },
    })
    expect(against(151).winner).toBe('a')
    expect(gates(against(151, { activeSinceMs: AT_MS - 2 * DAY_MS + 1 }))).toEqual([
      'a reject dwell',
    ])
    const switched = (agoMs: number) => ({ autoSwitchesAtMs: [AT_MS - agoMs] })
    expect(gates(against(151, {}, switched(3 * DAY_MS - 1)))).toEqual(['a reject switches'])
    expect(against(151, {}, switched(3 * DAY_MS)).winner).toBe('a')
  })

  test('context multiplies candidates and the running journey alike, each factor by its name', () => {
    const context = { gold: 3, winter: 0.5 }
    const decision = decide(
      [candidate('a', auto(100), { context })],
      running('r', auto(100), { context: { gold: 2 } }),
    )
    expect(decision.fates[0]).toMatchObject({
      gate: 'margin',
      score: { context: 1.5, factors: context, total: expect.closeTo(15) },
    })
    expect(decide([candidate('a', auto(100), { context })], running('r', auto(100))).winner).toBe(
      'a',
    )
    expect(decide([candidate('a', manual(1), { context })]).fates[0]?.score).toBeNull()
  })

  test('the order in which factors are written changes no bit of the score', () => {
    const names = ['z', 'b', 'aa', 'm']
    const factors = fc.array(fc.double({ min: 0, max: 10, noNaN: true }), {
      minLength: 4,
      maxLength: 4,
    })
    fc.assert(
      fc.property(factors, fc.shuffledSubarray(names, { minLength: 4 }), (values, order) => {
        const written = (some: readonly string[]) =>
          Object.fromEntries(some.map((name) => [name, values[names.indexOf(name)] ?? 0]))
        expect(scoreOf(auto(7), written(order))?.total).toBe(
          scoreOf(auto(7), written(names))?.total,
        )
      }),
    )
  })

  describe('service lane', () => {
    const beside = (key: string, parts: Partial<Candidate> = {}): Candidate =>
      candidate(key, auto(1), { class: 'service', lane: 'service', ...parts })

    test('starts beside a locked run, and beside whoever takes the foreground', () => {
      const locked = decide(
        [beside('parcel'), candidate('sale', auto(9))],
        running('returns', manual(9, true)),
      )
      expect(locked).toMatchObject({ outcome: 'enter', winner: null, beside: ['parcel'] })
      expect(gates(locked)).toEqual(['sale reject lock', 'parcel win'])
      expect(locked.summary).toBe('Signed Up → enter parcel beside returns')
      const both = decide([beside('parcel'), candidate('sale', auto(9)), beside('invoice')])
      expect(both).toMatchObject({
        outcome: 'enter',
        winner: 'sale',
        beside: ['invoice', 'parcel'],
      })
      expect(both.summary).toBe('Signed Up → enter sale, invoice, parcel beside it')
    })

    test('is bounded: the best start, the others are turned away or queued', () => {
      const decision = decide(
        [
          beside('a', { arbitration: auto(1) }),
          beside('b', { arbitration: auto(2) }),
          beside('c', { arbitration: manual(1), queueForMs: DAY_MS }),
          beside('d', { arbitration: auto(0), queueForMs: DAY_MS }),
        ],
        null,
        { serviceRuns: 1 },
      )
      expect(gates(decision)).toEqual(['c win', 'b win', 'a reject lane', 'd queue lane'])
      expect(decision.beside).toEqual(['c', 'b'])
      const full = decide([beside('a')], null, { serviceRuns: 3 })
      expect([full.outcome, full.beside]).toEqual(['reject', undefined])
    })

    test('is entered once by each journey, however many triggers there are', () => {
      const decision = decide([
        beside('a', { candidateId: 'a1' }),
        beside('a', { candidateId: 'a2' }),
      ])
      expect(decision.beside).toEqual(['a1'])
      expect(gates(decision)).toEqual(['a win', 'a reject reentry'])
    })
  })

  describe('locks', () => {
    const breaking = (rank: number): Arbitration => ({ mode: 'manual', rank, breaksLocks: true })

    test('are broken by a journey that may, and has the higher rank', () => {
      const locked = running('returns', manual(5, true))
      expect(decide([candidate('fraud', breaking(6))], locked)).toMatchObject({
        outcome: 'switch',
        winner: 'fraud',
      })
      expect(gates(decide([candidate('fraud', breaking(5))], locked))).toEqual([
        'fraud reject manual',
      ])
      expect(gates(decide([candidate('vip', manual(9))], locked))).toEqual(['vip reject lock'])
    })

    test('hold on while what broke them runs, and after it', () => {
      const returns = candidate('returns', manual(5, true), {
        source: 'paused',
        runId: 'r0',
        locked: true,
      })
      const vip = candidate('vip', manual(9))
      expect(gates(decide([returns, vip]))).toEqual(['vip reject lock', 'returns win'])
      expect(gates(decide([returns, vip], running('fraud', breaking(6))))).toEqual([
        'vip reject lock',
        'returns keep manual',
      ])
      expect(decide([returns, candidate('arson', breaking(6))]).winner).toBe('arson')
      expect(gates(decide([returns, candidate('arson', breaking(5))]))).toEqual([
        'arson reject lock',
        'returns win',
      ])
    })

    test('of two runs that are set aside do not block each other', () => {
      const aside = { source: 'paused', locked: true } as const
      const one = candidate('one', manual(5, true), aside)
      const two = candidate('two', manual(6, true), aside)
      expect(gates(decide([one, two]))).toEqual(['two win', 'one keep rank'])
    })

    test('hold those before it who may not break them', () => {
      const decision = decide(
        [candidate('vip', manual(9)), candidate('fraud', breaking(6)), candidate('sale', auto(1))],
        running('returns', manual(5, true)),
      )
      expect(decision.winner).toBe('fraud')
      expect(gates(decision)).toEqual(['vip reject lock', 'fraud win', 'sale reject rank'])
    })
  })

  describe('a run that finishes its step first', () => {
    const finishing = running('welcome', auto(1), { onPreempt: 'finishStep' })

    test('is replaced when its step is over, and the winner is kept until then', () => {
      const decision = decide([candidate('a', manual(1), { queueForMs: 5 * DAY_MS })], finishing)
      expect(decision).toMatchObject({
        outcome: 'switch',
        winner: 'a',
        replaced: { fate: 'finishing' },
        fates: [{ fate: 'win', untilMs: AT_MS + 5 * DAY_MS }],
        summary: 'Signed Up → switch from welcome to a when its step is over',
      })
      const auto9 = decide([candidate('b', auto(9))], finishing)
      expect(auto9.fates[0]?.untilMs).toBe(AT_MS + 14 * DAY_MS)
      const deferred = { source: 'deferred', expiresAtMs: AT_MS + 7 } as const
      expect(decide([candidate('c', manual(1), deferred)], finishing).fates[0]?.untilMs).toBe(
        AT_MS + 7,
      )
    })
  })

  test.each(['excluded', 'matrix'] as const)(
    'barred by %s for now: kept where the journey may queue, turned away where not',
    (gate) => {
      const barred = { gate, reason: 'A complaint is open.' }
      const decision = decide([
        candidate('birthday', manual(1), { barred, queueForMs: DAY_MS }),
        candidate('sale', auto(1), { barred }),
        candidate('old', auto(1), { barred, source: 'deferred', expiresAtMs: AT_MS + 5 }),
        candidate('set aside', auto(1), { barred, source: 'paused' }),
      ])
      expect(gates(decision)).toEqual([
        `birthday queue ${gate}`,
        `sale reject ${gate}`,
        `old queue ${gate}`,
        `set aside keep ${gate}`,
      ])
      expect(decision.fates.map(({ untilMs }) => untilMs)).toEqual([
        AT_MS + DAY_MS,
        null,
        AT_MS + 5,
        null,
      ])
    },
  )

  test('a manual candidate precedes an automatic one, whatever its rank', () => {
    expect(decide([candidate('rich', auto(1e9)), candidate('low', manual(-5))]).winner).toBe('low')
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

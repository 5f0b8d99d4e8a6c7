import { describe, expect, test } from 'vitest'
import { journey } from '../../test/support/journeys.ts'
import type { Arbitration, Journey, Lock } from './journey.ts'
import { checkJourney } from './journey-problems.ts'
import type { KnownNames } from './known-names.ts'
import { partsOf } from './journey-parts.ts'
import { readsOf } from './journey-reads.ts'
import { planFindings } from './migration-plan.ts'

const found = (parts: Partial<Journey>, known?: KnownNames): string[] =>
  checkJourney(journey('subject', parts), known).findings.map(
    ({ severity, code, path }) => `${severity} ${code} ${path}`,
  )
const manual = (lock: Lock): Arbitration => ({ mode: 'manual', rank: 1, lock })
const locked = (lock: Lock, parts: Partial<Journey> = {}): Partial<Journey> => ({
  arbitration: manual(lock),
  ...parts,
})
const round: Journey['steps'] = {
  hello: { type: 'message', message: 'hello', next: 'rest' },
  rest: {
    type: 'waitFor',
    event: 'Product Viewed',
    within: 'P1D',
    next: 'rest',
    onTimeout: 'bye',
  },
  bye: { type: 'message', message: 'bye', next: 'done' },
  done: { type: 'exit' },
}

describe('a lock', () => {
  test.each<[string, Lock, string[]]>([
    ['until a step that is there', { untilStep: 'bye' }, []],
    [
      'until a step that is not',
      { untilStep: 'by' },
      ['error dangling_link /arbitration/lock/untilStep'],
    ],
    [
      'until the first step',
      { untilStep: 'hello' },
      ['warning lock_never_holds /arbitration/lock/untilStep'],
    ],
    ['until an instant', { until: '2027-01-01T00:00:00Z' }, []],
    ['until no instant', { until: 'soon' }, ['error bad_instant /arbitration/lock/until']],
    ['until a date', { untilDate: { date: 'renewal', offset: '-P2D', at: '18:00' } }, []],
    [
      'until a date that nobody can reckon',
      { untilDate: { date: 'renewal', offset: 'soon', at: '25:00' } },
      [
        'error bad_duration /arbitration/lock/untilDate/offset',
        'error bad_local_time /arbitration/lock/untilDate/at',
      ],
    ],
    ['until a birthday', { untilDate: { date: 'birthday', yearly: true } }, []],
    [
      'until a date of birth',
      { untilDate: { date: 'birthday' } },
      ['error personal_trait /arbitration/lock/untilDate/date'],
    ],
  ])('%s', (_, lock, expected) => {
    expect(found(locked(lock))).toEqual(expected)
  })

  test('until a step that no path leads to would hold to the end: refused', () => {
    const steps = { ...round, island: { type: 'exit' } as const }
    expect(found(locked({ untilStep: 'island' }, { steps }))).toEqual(
      expect.arrayContaining(['error lock_step_unreached /arbitration/lock/untilStep']),
    )
  })

  test('over a loop is refused where the loop comes before its end, and nowhere else', () => {
    const inLoop = ['error lock_without_end /arbitration/lock']
    expect(found(locked('journey', { steps: round }))).toEqual(inLoop)
    expect(found(locked({ untilStep: 'bye' }, { steps: round }))).toEqual(inLoop)
    expect(found(locked({ untilStep: 'rest' }, { steps: round }))).toEqual([])
    expect(found(locked({ until: '2027-01-01T00:00:00Z' }, { steps: round }))).toEqual([])
    expect(found(locked({ untilDate: { date: 'renewal' } }, { steps: round }))).toEqual([])
  })

  test('that is over before anybody enters is warned of', () => {
    const lock = { until: '2026-12-01T00:00:00Z' }
    const never = ['warning lock_never_holds /arbitration/lock/until']
    expect(found(locked(lock, { valid: { from: '2026-12-01T00:00:00Z' } }))).toEqual(never)
    expect(found(locked(lock, { valid: { from: '2026-11-01T00:00:00Z' } }))).toEqual([])
  })

  test('that has passed is warned of by whoever knows the time', () => {
    const known: KnownNames = {
      events: new Map(),
      traits: { customers: 0, names: new Set() },
      journeys: [],
      nowMs: Date.parse('2026-12-02T00:00:00Z'),
    }
    const lock = { until: '2026-12-01T00:00:00Z' }
    expect(found(locked(lock))).toEqual([])
    expect(found(locked(lock), known)).toEqual(['warning lock_never_holds /arbitration/lock/until'])
  })

  test('until a date has the date kept for every customer', () => {
    const parts = partsOf(journey('subject', locked({ untilDate: { date: 'renewal' } })))
    expect([...readsOf(parts).dates]).toEqual(['renewal'])
  })
})

describe('the service lane', () => {
  const beside = (parts: Partial<Journey>): Partial<Journey> => ({ lane: 'service', ...parts })

  test('is for class service', () => {
    expect(found(beside({ class: 'service' }))).toEqual([])
    expect(found(beside({ class: 'marketing' }))).toEqual(['error lane_needs_service /lane'])
    expect(found(beside({ class: 'relationship' }))).toEqual(['error lane_needs_service /lane'])
    expect(found({ lane: 'foreground', class: 'marketing' })).toEqual([])
  })

  test('knows no lock, and nothing else that is about competing', () => {
    const competing = beside({
      class: 'service',
      arbitration: { mode: 'manual', rank: 1, lock: 'journey', breaksLocks: true },
      onPreempt: 'abandon',
      staleAfter: 'P1D',
      queueFor: 'P1D',
    })
    expect(found(competing)).toEqual([
      'error contradictory_fields /arbitration/lock',
      'error contradictory_fields /arbitration/breaksLocks',
      'error contradictory_fields /onPreempt',
      'error contradictory_fields /staleAfter',
    ])
  })

  test('beats nobody, and nobody beats it', () => {
    const rich = journey('rich', {
      class: 'service',
      arbitration: { mode: 'auto', value: 100 },
    })
    const known = (other: Journey): KnownNames => ({
      events: new Map(),
      traits: { customers: 0, names: new Set() },
      journeys: [other],
    })
    expect(found({ class: 'service' }, known(rich))).toEqual(['warning always_beaten /arbitration'])
    expect(found({ class: 'service' }, known({ ...rich, lane: 'service' }))).toEqual([])
    expect(found(beside({ class: 'service' }), known(rich))).toEqual([])
  })

  test('is not changed by a migration: who competes goes on competing', () => {
    const from = journey('subject', { class: 'service' })
    const to = journey('subject', { class: 'service', lane: 'service' })
    expect(planFindings(from, to, { rest: 'rest' })).toMatchObject([
      { code: 'other_lane', path: '/to' },
    ])
    expect(planFindings(from, to, { rest: 'exit', hello: 'stay' })).toEqual([])
    expect(planFindings(to, to, { rest: 'rest' })).toEqual([])
  })
})

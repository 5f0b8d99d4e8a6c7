import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { caseStatement, knownCase } from '../../test/support/case-statements.ts'
import { caseSettings } from './case-rules.ts'
import { caseOf, typeOf } from './case-state.ts'
import { isCaseEvent, readCaseStatement, type CaseStatement } from './case-statement.ts'
import { caseProperties, caseTraits, hearCaseStatement } from './hear-case-event.ts'
import { matchCase } from './match-case.ts'

const NOON_MS = Date.parse('2026-03-02T12:00:00Z')
const HOUR_MS = 3_600_000
const rules = caseSettings({
  types: {
    late: {
      title: 'Late delivery',
      severity: 2,
      answerWithin: 'P1D',
      codes: { call_centre: ['L1', 'L2'], '*': ['late'] },
    },
    broken: { title: 'Arrived broken', severity: 4, codes: { app: ['damage'] } },
  },
  match: { keys: ['order_id', 'post_id'], within: 'P10D' },
})

const said = (
  action: CaseStatement['action'],
  hours: number,
  more: Partial<CaseStatement> = {},
): CaseStatement =>
  caseStatement({ action, atMs: NOON_MS + hours * HOUR_MS, source: 'call_centre', ...more })

describe('what an event says of a case', () => {
  const read = (properties: Parameters<typeof readCaseStatement>[0]['properties']) =>
    readCaseStatement(
      {
        name: 'Case Opened',
        messageId: 'm',
        properties,
        source: 'app',
        occurredAtMs: NOON_MS,
      },
      ['order_id'],
    )

  test('is read off its properties; numbers name as texts do', () => {
    expect(
      read({
        case_id: 17,
        code: 'late',
        order_id: 'o1',
        severity: 4,
        promised_at: '2026-03-03T12:00:00Z',
        emotion: 'angry',
      }),
    ).toMatchObject({
      ref: '17',
      code: 'late',
      keys: { order_id: 'o1' },
      severity: 4,
      promisedAtMs: NOON_MS + 24 * HOUR_MS,
      emotion: 'angry',
    })
  })

  test('what cannot be read says nothing', () => {
    expect(
      read({ case_id: '', code: {}, order_id: null, severity: 9, promised_at: 'soon', emotion: 3 }),
    ).toMatchObject({ ref: null, code: null, keys: {}, severity: null, promisedAtMs: null })
  })

  test('only six events are about cases', () => {
    expect(isCaseEvent('Case Reopened')).toBe(true)
    expect(isCaseEvent('toString')).toBe(false)
    expect(isCaseEvent(null)).toBe(false)
  })
})

describe('one taxonomy', () => {
  test.each([
    ['call_centre', 'L2', 'late'],
    ['app', 'damage', 'broken'],
    ['web', 'late', 'late'],
    ['web', 'damage', null],
    ['web', 'broken', 'broken'],
    ['web', null, null],
  ])('%s’s code %s stands for %s', (source, code, type) => {
    expect(typeOf(rules, { source, code })).toBe(type)
  })
})

describe('where a case stands', () => {
  test('goes from opened to closed, with everything that was said', () => {
    const state = caseOf(
      [
        said('opened', 0, { code: 'L1', emotion: 'angry' }),
        said('contacted', 1, { source: 'social' }),
        said('escalated', 2),
        said('resolved', 5, { level: 'full' }),
        said('closed', 30, { satisfaction: 4 }),
      ],
      rules,
    )
    expect(state).toEqual({
      status: 'closed',
      type: 'late',
      severity: 3,
      openedAtMs: NOON_MS,
      promisedAtMs: NOON_MS + 24 * HOUR_MS,
      resolvedAtMs: NOON_MS + 5 * HOUR_MS,
      closedAtMs: NOON_MS + 30 * HOUR_MS,
      lastAtMs: NOON_MS + 30 * HOUR_MS,
      contacts: 1,
      escalations: 1,
      emotion: 'angry',
      level: 'full',
      satisfaction: 4,
      sources: ['call_centre', 'social'],
    })
  })

  test('is open again once it is reopened, and a newer promise holds', () => {
    const promisedAtMs = NOON_MS + 100 * HOUR_MS
    const state = caseOf(
      [said('opened', 0), said('resolved', 1), said('reopened', 2, { promisedAtMs })],
      rules,
    )
    expect(state).toMatchObject({ status: 'open', resolvedAtMs: null, promisedAtMs })
  })

  test('of one instant the closing counts', () => {
    expect(caseOf([said('closed', 0), said('opened', 0)], rules).status).toBe('closed')
  })

  test('the same for any order of arrival', () => {
    const story = [
      said('opened', 0, { code: 'L1', severity: 1 }),
      said('contacted', 1, { emotion: 'calm' }),
      said('resolved', 2, { level: 'partial' }),
      said('reopened', 2, { severity: 5 }),
      said('contacted', 4, { emotion: 'upset' }),
      said('closed', 9, { satisfaction: 2 }),
    ]
    fc.assert(
      fc.property(fc.shuffledSubarray(story, { minLength: story.length }), (arrived) => {
        expect(caseOf(arrived, rules)).toEqual(caseOf(story, rules))
      }),
    )
  })
})

describe('which case an event is about', () => {
  const call = knownCase(
    'c1',
    said('opened', 0, { ref: '17', code: 'L1', keys: { order_id: 'o1' } }),
  )

  test('the one that its source calls by the same name', () => {
    expect(matchCase(said('resolved', 900, { ref: '17' }), [call], rules)).toEqual({ caseId: 'c1' })
    expect(matchCase(said('opened', 1, { ref: '17', source: 'app' }), [call], rules)).toEqual({
      caseId: null,
      doubts: [],
    })
  })

  test('a post about the order of a call is the same case', () => {
    const post = said('opened', 3, { source: 'social', ref: 'p9', keys: { order_id: 'o1' } })
    expect(matchCase(post, [call], rules)).toEqual({ caseId: 'c1' })
  })

  test.each([
    ['its source tells the two apart', said('opened', 3, { ref: '18', keys: { order_id: 'o1' } })],
    [
      'it is about something else',
      said('opened', 3, { source: 'app', code: 'damage', keys: { order_id: 'o1' } }),
    ],
    ['it is long ago', said('opened', 300, { source: 'app', keys: { order_id: 'o1' } })],
    ['it is about another order', said('opened', 3, { source: 'app', keys: { order_id: 'o2' } })],
    ['no key is declared', said('opened', 3, { source: 'app', keys: { street: 'o1' } })],
  ])('not where %s', (_why, statement) => {
    expect(matchCase(statement, [call], rules)).toEqual({ caseId: null, doubts: [] })
  })

  test('of several nobody guesses: it is a case of its own, with its doubts', () => {
    const other = knownCase('c2', said('opened', 1, { ref: '18', keys: { order_id: 'o1' } }))
    const post = said('opened', 3, { source: 'social', keys: { order_id: 'o1' } })
    expect(matchCase(post, [call, other], rules)).toEqual({ caseId: null, doubts: ['c1', 'c2'] })
  })

  test('what goes on with a case and does not say with which could be any that is open', () => {
    const closed = knownCase('c3', said('opened', 0), said('closed', 1))
    expect(matchCase(said('contacted', 2), [call, closed], rules)).toEqual({
      caseId: null,
      doubts: ['c1'],
    })
  })
})

describe('hearing an event', () => {
  test('tells the rules which case it is, and the customer how many are open', () => {
    const first = hearCaseStatement(said('opened', 0, { ref: '17', code: 'L1' }), [], rules, 'c1')
    expect(first).toMatchObject({ caseId: 'c1', isNew: true, doubts: [] })
    expect(caseProperties(first.caseId, first.state)).toEqual({
      case: 'c1',
      case_status: 'open',
      case_type: 'late',
      case_severity: 2,
      case_contacts: 0,
      case_promised_at: '2026-03-03T12:00:00.000Z',
    })
    expect(caseTraits(first.known, rules)).toEqual({ open_cases: 1, case_severity: 2 })
    const over = hearCaseStatement(said('closed', 2, { ref: '17' }), first.known, rules, 'c2')
    expect(over).toMatchObject({ caseId: 'c1', isNew: false, state: { status: 'closed' } })
    expect(caseTraits(over.known, rules)).toEqual({ open_cases: 0, case_severity: null })
  })
})

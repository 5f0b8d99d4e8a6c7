import { describe, expect, test } from 'vitest'
import { caseStatement, knownCase } from '../../test/support/case-statements.ts'
import { caseSettings } from './case-rules.ts'
import type { CaseStatement } from './case-statement.ts'
import { joinCases } from './join-cases.ts'
import type { KnownCase } from './match-case.ts'

const NOON_MS = Date.parse('2026-03-02T12:00:00Z')
const DAY_MS = 86_400_000
const rules = caseSettings({
  types: { late: { title: 'Late' }, broken: { title: 'Broken' } },
  match: { keys: ['order_id'], within: 'P10D' },
})

const said = (days: number, more: Partial<CaseStatement> = {}): CaseStatement =>
  caseStatement({
    atMs: NOON_MS + days * DAY_MS,
    source: 'app',
    keys: { order_id: 'o1' },
    ...more,
  })
const pairs = (mine: readonly KnownCase[], theirs: readonly KnownCase[]) =>
  joinCases(mine, theirs, rules).joined.map(({ goesOn, ends }) => `${ends} into ${goesOn}`)

test('the older goes on, with all that was said about both', () => {
  const younger = knownCase(
    'y',
    said(2, { severity: 2 }),
    said(3, { action: 'contacted', emotion: 'upset' }),
    said(5, { action: 'escalated' }),
  )
  const older = knownCase('o', said(1, { source: 'mail' }), said(4, { action: 'contacted' }))
  const joined = [
    {
      goesOn: 'o',
      ends: 'y',
      state: expect.objectContaining({
        status: 'open',
        contacts: 2,
        escalations: 1,
        severity: 3,
        emotion: 'upset',
        openedAtMs: NOON_MS + DAY_MS,
        lastAtMs: NOON_MS + 5 * DAY_MS,
        sources: ['mail', 'app'],
      }) as unknown,
    },
  ]
  expect(joinCases([younger], [older], rules)).toEqual({ joined, doubts: new Map() })
  expect(joinCases([older], [younger], rules)).toEqual({ joined, doubts: new Map() })
})

describe('two cases are one', () => {
  const elsewhere = { keys: {} }
  test.each([
    ['share a declared key', said(0), said(1), true],
    ['share none', said(0), said(1, { keys: { order_id: 'o2' } }), false],
    [
      'share one that is not declared',
      said(0, { keys: { shop: 's' } }),
      said(1, { keys: { shop: 's' } }),
      false,
    ],
    ['are far apart', said(0), said(11), false],
    [
      'have one name at one source',
      said(0, { ...elsewhere, ref: '1' }),
      said(99, { ...elsewhere, ref: '1' }),
      true,
    ],
    [
      'have one name at two sources',
      said(0, { ...elsewhere, ref: '1' }),
      said(1, { ...elsewhere, source: 'b', ref: '1' }),
      false,
    ],
    ['are told apart by their source', said(0, { ref: '1' }), said(1, { ref: '2' }), false],
    ['have names at two sources', said(0, { ref: '1' }), said(1, { source: 'b', ref: '2' }), true],
    ['are of two types', said(0, { code: 'late' }), said(1, { code: 'broken' }), false],
    ['are of one type and of none', said(0, { code: 'late' }), said(1), true],
  ])('where they %s: %#', (_, one, other, areOne) => {
    const [mine, theirs] = [knownCase('a', one), knownCase('b', other)]
    expect(pairs([mine], [theirs])).toEqual(areOne ? ['b into a'] : [])
    expect(pairs([theirs], [mine])).toEqual(areOne ? ['b into a'] : [])
  })
})

test('one that is over joins nothing', () => {
  const over = knownCase('a', said(0), said(1, { action: 'resolved' }))
  expect(pairs([over], [knownCase('b', said(1))])).toEqual([])
  expect(pairs([knownCase('b', said(1))], [over])).toEqual([])
})

test('of several none is taken, whichever side they are on, unless one has the name', () => {
  const [a, b] = [knownCase('a', said(0, { ref: '1' })), knownCase('b', said(0, { ref: '2' }))]
  const other = knownCase('c', said(1, { source: 'mail' }))
  expect(joinCases([a, b], [other], rules)).toEqual({
    joined: [],
    doubts: new Map([['c', ['a', 'b']]]),
  })
  expect(joinCases([other], [a, b], rules)).toEqual({
    joined: [],
    doubts: new Map([
      ['a', ['c']],
      ['b', ['c']],
    ]),
  })
  expect(pairs([a, b], [knownCase('c', said(1, { ref: '2' }))])).toEqual(['c into b'])
  const named = knownCase('d', said(1, { ref: '1' }))
  expect(joinCases([a], [other, named], rules)).toMatchObject({
    joined: [{ goesOn: 'a', ends: 'd' }],
    doubts: new Map([['c', ['a']]]),
  })
})

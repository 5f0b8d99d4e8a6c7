import { expect, test } from 'vitest'
import { judgeMerge, type MergeLimits, type MergeSide } from './merge-verdict.ts'

const limits: MergeLimits = { perKind: { user: 1 }, perDay: 3, perCustomer: 5 }
const side = (customerId: string, more: Partial<MergeSide> = {}): MergeSide => ({
  customerId,
  test: false,
  known: false,
  createdAtMs: 100,
  isErasing: false,
  identities: { anonymous: 1 },
  united: 1,
  mergedLately: 0,
  ...more,
})
const judge = (
  one: MergeSide,
  other: MergeSide,
  cause = 'identify',
  by: MergeLimits | null = limits,
) => judgeMerge(one, other, { cause, limits: by })

test.each([
  ['known before anonymous', side('b', { known: true, createdAtMs: 200 }), side('a')],
  ['then the older', side('b', { createdAtMs: 99 }), side('a')],
  ['then the smaller id', side('a'), side('b')],
])('the winner, whichever is named first: %s', (_why, winner, loser) => {
  const expected = { type: 'merge', winner: winner.customerId, loser: loser.customerId }
  expect([judge(winner, loser), judge(loser, winner)]).toEqual([expected, expected])
})

test('a test customer never merges with a real one, nor anybody who is being erased, whoever approved it', () => {
  const reasons = [side('b', { test: true }), side('b', { isErasing: true })].map((other) =>
    judge(side('a'), other, 'alias', null),
  )
  expect(reasons).toMatchObject([
    { type: 'refuse', reason: 'test_customer' },
    { type: 'refuse', reason: 'erasing' },
  ])
})

test('two user ids that meet on a device are two people, unless an alias or a person says they are one', () => {
  const ana = side('a', { known: true, identities: { user: 1 } })
  const ben = side('b', { known: true, identities: { user: 1, anonymous: 1 } })
  expect(judge(ana, ben)).toMatchObject({ type: 'quarantine', reason: 'user_limit' })
  expect(judge(ana, ben, 'alias').type).toBe('merge')
  expect(judge(ana, ben, 'identify', null).type).toBe('merge')
})

test('what only one side has too much of is no reason', () => {
  const aliased = side('a', { known: true, identities: { user: 2 } })
  expect(judge(aliased, side('b')).type).toBe('merge')
})

test('a storm is held: by day, and by how many customers would be one', () => {
  expect(judge(side('a', { mergedLately: 2 }), side('b')).type).toBe('merge')
  expect(judge(side('a', { mergedLately: 2 }), side('b', { mergedLately: 1 }))).toMatchObject({
    type: 'quarantine',
    reason: 'day_limit',
  })
  expect(judge(side('a', { united: 3 }), side('b', { united: 2 })).type).toBe('merge')
  expect(judge(side('a', { united: 4 }), side('b', { united: 2 }))).toMatchObject({
    type: 'quarantine',
    reason: 'customer_limit',
    detail: expect.stringContaining('6 customers'),
  })
})

test('a storm cannot be said on purpose: an alias is held by the same limits', () => {
  expect(judge(side('a', { mergedLately: 3 }), side('b'), 'alias')).toMatchObject({
    reason: 'day_limit',
  })
})

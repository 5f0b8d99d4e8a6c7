import { expect, test } from 'vitest'
import { standingOf, type ConsentRequest } from './double-opt-in.ts'

const REQUEST: ConsentRequest = { status: 'pending', address: 'Ada@example.com', expiresAtMs: 1000 }
const IN_TIME = { address: 'ada@example.com ', nowMs: 999 }

test('a request can be confirmed until its term ends, and not at its end', () => {
  expect(standingOf(REQUEST, IN_TIME)).toBe('open')
  expect(standingOf(REQUEST, { ...IN_TIME, nowMs: 1000 })).toBe('expired')
})

test.each([['grace@example.com'], [null]])('says nothing about another address: %s', (address) =>
  expect(standingOf(REQUEST, { ...IN_TIME, address })).toBe('readdressed'),
)

test.each(['confirmed', 'withdrawn', 'superseded'] as const)(
  'one that is %s stays so, whatever the clock and the address say',
  (status) =>
    expect(standingOf({ ...REQUEST, status }, { address: null, nowMs: 5000 })).toBe(status),
)

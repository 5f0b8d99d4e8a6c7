import { expect, test } from 'vitest'
import { retryDelayMs } from './send-retry.ts'

const MINUTE_MS = 60_000

test.each([
  [1, 1],
  [2, 5],
  [3, 15],
  [4, 60],
  [5, 60],
  [50, 60],
])('waits after try %i for %i minutes', (attempt, minutes) =>
  expect(retryDelayMs(attempt)).toBe(minutes * MINUTE_MS),
)

test('respects a provider that asks for more, up to a day', () => {
  expect(retryDelayMs(1, 10 * MINUTE_MS)).toBe(10 * MINUTE_MS)
  expect(retryDelayMs(1, 1_000)).toBe(MINUTE_MS)
  expect(retryDelayMs(1, 1e12)).toBe(24 * 60 * MINUTE_MS)
})

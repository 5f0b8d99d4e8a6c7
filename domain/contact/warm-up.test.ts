import { expect, test } from 'vitest'
import { afterWarmUpDay, warmUpDay } from './warm-up.ts'

const curve = { from: '2026-12-01T15:00:00Z', perDay: [50, 100] }
const at = (instant: string) => warmUpDay(curve, Date.parse(instant))

test('each day of the curve, by UTC, has its number; after the last one there is no limit', () => {
  expect(at('2026-12-01T00:00:00Z')).toEqual({ day: '2026-12-01', max: 50 })
  expect(at('2026-12-02T23:59:59Z')).toEqual({ day: '2026-12-02', max: 100 })
  expect(at('2026-12-03T00:00:00Z')).toBeNull()
})

test('before its first day nothing goes out', () => {
  expect(at('2026-11-30T23:59:59Z')).toEqual({ day: '2026-11-30', max: 0 })
})

test('what found no room comes again in the first hours of the next day, spread', () => {
  const nowMs = Date.parse('2026-12-01T10:00:00Z')
  const midnightMs = Date.parse('2026-12-02T00:00:00Z')
  const hours = new Set(
    Array.from({ length: 200 }, (_none, n) =>
      Math.floor((afterWarmUpDay(nowMs, `c${n}`) - midnightMs) / 3_600_000),
    ),
  )
  expect(hours).toEqual(new Set([0, 1, 2, 3]))
})

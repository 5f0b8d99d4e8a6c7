import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { shareOf } from './wilson-interval.ts'

describe('a share with its interval', () => {
  // Newcombe, Statistics in Medicine 17 (1998), 857–872, table I, method 3.
  test.each([
    [81, 263, 0.2553, 0.3662],
    [15, 148, 0.0624, 0.1605],
    [0, 20, 0, 0.1611],
    [1, 29, 0.0061, 0.1718],
  ])('%i of %i is as published', (count, of, low, high) => {
    const share = shareOf(count, of)
    expect(share.rate).toBeCloseTo(count / of, 6)
    expect(share.low).toBeCloseTo(low, 4)
    expect(share.high).toBeCloseTo(high, 4)
  })

  test('of none says nothing', () => {
    expect(shareOf(0, 0)).toEqual({ count: 0, of: 0, rate: null, low: null, high: null })
  })

  test('is never outside 0 to 1, nor beside its rate', () => {
    fc.assert(
      fc.property(fc.nat(10_000), fc.integer({ min: 1, max: 10_000 }), (some, of) => {
        const { rate, low, high } = shareOf(Math.min(some, of), of)
        expect(low).toBeGreaterThanOrEqual(0)
        expect(low).toBeLessThanOrEqual(rate ?? -1)
        expect(high).toBeGreaterThanOrEqual(rate ?? 2)
        expect(high).toBeLessThanOrEqual(1)
      }),
    )
  })
})

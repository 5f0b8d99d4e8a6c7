import { describe, expect, test } from 'vitest'
import { median, spreadOf } from './statistics.ts'

describe('median', () => {
  test('is the value in the middle, whatever the order', () => {
    expect(median([9, 1, 5])).toBe(5)
  })
  test('is the mean of the two in the middle of an even number', () => {
    expect(median([4, 1, 3, 2])).toBe(2.5)
  })
  test('refuses an empty sample', () => {
    expect(() => median([])).toThrow('No values')
  })
})

describe('spreadOf', () => {
  test('answers values that were measured, by nearest rank', () => {
    const values = Array.from({ length: 100 }, (_, index) => 100 - index)
    expect(spreadOf(values)).toEqual({ count: 100, p50: 50, p95: 95, p99: 99, max: 100 })
  })
  test('answers the one value of a sample of one', () => {
    expect(spreadOf([7])).toEqual({ count: 1, p50: 7, p95: 7, p99: 7, max: 7 })
  })
})

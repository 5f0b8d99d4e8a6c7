import { describe, expect, test } from 'vitest'
import { mondayAfter, mondayBefore, weeksShiftMs } from './shift.ts'

const WEEK_MS = 7 * 24 * 3_600_000
const at = (text: string) => Date.parse(text)

describe('weeksShiftMs', () => {
  test.each([
    ['a Thursday', '2011-01-20T13:49:00Z', '2026-11-25T15:30:00Z', '2026-12-03T13:49:00Z'],
    ['a Sunday night', '2011-03-06T23:59:00Z', '2026-11-25T15:30:00Z', '2026-12-06T23:59:00Z'],
    [
      'a Monday at midnight',
      '2011-02-14T00:00:00Z',
      '2026-11-25T15:30:00Z',
      '2026-11-30T00:00:00Z',
    ],
    [
      'now just before Monday',
      '2011-02-14T09:24:00Z',
      '2026-11-29T23:59:59.999Z',
      '2026-11-30T09:24:00Z',
    ],
    [
      'now on Monday at midnight',
      '2011-02-14T09:24:00Z',
      '2026-11-30T00:00:00Z',
      '2026-12-07T09:24:00Z',
    ],
    ['a now in the past', '2011-02-14T09:24:00Z', '2009-06-03T00:00:00Z', '2009-06-08T09:24:00Z'],
  ])('moves %s', (_, first, now, expected) => {
    expect(new Date(at(first) + weeksShiftMs(at(first), at(now))).toISOString()).toBe(
      new Date(expected).toISOString(),
    )
  })

  test('moves by whole weeks', () => {
    expect(weeksShiftMs(at('2011-05-05T16:31:00Z'), at('2026-11-22T10:05:05Z')) % WEEK_MS).toBe(0)
  })
})

test('a Monday at midnight is its own Monday before, and not its own Monday after', () => {
  const monday = at('2026-11-30T00:00:00Z')
  expect(mondayBefore(monday)).toBe(monday)
  expect(mondayAfter(monday)).toBe(monday + WEEK_MS)
})

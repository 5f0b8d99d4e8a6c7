import { describe, expect, test } from 'vitest'
import { DEFAULT_CASES } from './case-rules.ts'
import { casePriority, type PrioritizedCase } from './priority.ts'

const NOW_MS = Date.parse('2026-03-02T12:00:00Z')
const HOUR_MS = 3_600_000
const rules = DEFAULT_CASES.priority
const plain: PrioritizedCase = {
  severity: 3,
  promisedAtMs: null,
  contacts: 0,
  traits: {},
  value: 0,
}
const pointsOf = (more: Partial<PrioritizedCase>) =>
  casePriority({ ...plain, ...more }, rules, NOW_MS).priority

test('is the sum of its parts, each with its reason', () => {
  const { priority, parts } = casePriority(
    {
      severity: 4,
      promisedAtMs: NOW_MS - 6 * HOUR_MS,
      contacts: 2,
      traits: { loyalty_tier: 'gold', nps: 2, influencer: true },
      value: 500,
    },
    rules,
    NOW_MS,
  )
  expect(parts.map(({ name, points, because }) => `${name} ${points}: ${because}`)).toEqual([
    'severity 32: severity 4',
    'due 50: overdue by 6 h',
    'loyalty 10: gold',
    'value 5: has bought for 500',
    'nps 8: NPS 2',
    'influence 15: influencer',
    'contacts 10: 2 more contacts',
  ])
  expect(priority).toBe(130)
})

test('what is not known adds nothing', () => {
  expect(pointsOf({})).toBe(24)
  expect(pointsOf({ traits: { nps: 'bad', loyalty_tier: 3, influencer: 'yes' } })).toBe(24)
})

describe('comes before another case that is alike in all else', () => {
  test.each<[string, Partial<PrioritizedCase>, Partial<PrioritizedCase>]>([
    ['severer', { severity: 5 }, { severity: 4 }],
    [
      'promised earlier',
      { promisedAtMs: NOW_MS + HOUR_MS },
      { promisedAtMs: NOW_MS + 5 * HOUR_MS },
    ],
    [
      'overdue for longer',
      { promisedAtMs: NOW_MS - 5 * HOUR_MS },
      { promisedAtMs: NOW_MS - HOUR_MS },
    ],
    ['asked more often', { contacts: 3 }, { contacts: 1 }],
    ['of a better customer', { value: 2_000 }, { value: 100 }],
    [
      'of a more loyal one',
      { traits: { loyalty_tier: 'gold' } },
      { traits: { loyalty_tier: 'silver' } },
    ],
    ['of one who is less content', { traits: { nps: 1 } }, { traits: { nps: 9 } }],
    [
      'of one whom others listen to',
      { traits: { influencer: 0.8 } },
      { traits: { influencer: 0.1 } },
    ],
  ])('the one that is %s', (_what, first, second) => {
    expect(pointsOf(first)).toBeGreaterThan(pointsOf(second))
  })
})

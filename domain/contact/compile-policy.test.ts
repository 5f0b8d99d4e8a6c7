import { describe, expect, test } from 'vitest'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { compileArbitration } from '../decisioning/compile-arbitration.ts'
import { DEFAULT_ARBITRATION } from '../decisioning/arbitration-rules.ts'
import { bookFindings, compileRuleBook } from '../journeys/compile-rule-book.ts'
import { compileContactRules } from './compile-policy.ts'
import type { ContactPolicy } from './policy.ts'

const compile = (policy: ContactPolicy, thresholds: Record<string, number> = {}) => ({
  ...compileContactRules(policy, { version: 3, thresholds }),
  hash: 'h',
})
const bookWith = (policy: ContactPolicy) =>
  compileRuleBook({
    journeys: [],
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    contact: compile(policy),
    previous: null,
    publication: 7,
  })

describe('compileContactRules', () => {
  test('an empty policy has no rule of any kind', () => {
    expect(compile({ $schema: 'https://a.example' })).toEqual({
      hash: 'h',
      version: 3,
      caps: [],
      quietHours: [],
      sendWindows: [],
      groups: [],
      matrix: [],
      exclusions: [],
      capacities: {},
    })
  })

  test('holds neither texts nor what only sends are paced by', () => {
    const rules = compile({
      messages: { sorry: { email: { subject: 'secret', html: 'secret' } } },
      throttles: [{ channel: 'email', perSecond: 5 }],
      warmUp: { 'a.example': { from: '2026-01-01T00:00:00Z', perDay: [10] } },
    })
    expect(JSON.stringify(rules)).not.toMatch(/secret|perSecond|perDay/)
  })

  test('writes presets out, with what stands beside them in place of their own', () => {
    const { exclusions } = compile({
      exclusions: [{ preset: 'tooManyCalls', beyond: { max: 9, window: 'P1D' } }],
    })
    expect(exclusions).toMatchObject([
      { name: 'tooManyCalls', open: [{ event: 'Call Received' }], beyond: { max: 9 } },
    ])
  })

  test('fills in what the population makes too many, and nothing where it was not counted', () => {
    const policy: ContactPolicy = { exclusions: [{ preset: 'unusuallyManyCalls' }] }
    expect(compile(policy, { unusuallyManyCalls: 6.3 }).exclusions[0]?.beyond?.max).toBe(6)
    expect(compile(policy).exclusions[0]?.beyond).not.toHaveProperty('max')
  })
})

describe('a rule book', () => {
  test('without policy and arbitration rules names neither', () => {
    const book = compileRuleBook({
      journeys: [],
      lifecycle: DEFAULT_LIFECYCLE_RULES,
      previous: null,
      publication: 1,
    })
    expect(Object.keys(book)).toEqual([
      'events',
      'traits',
      'presence',
      'lifecycle',
      'lifecycleEntries',
    ])
  })

  test('keeps an event that only an exclusion rule names', () => {
    const book = bookWith({
      exclusions: [
        { name: 'claim', open: [{ event: 'Claim Made', when: 'event.properties.sum > 5' }] },
      ],
    })
    expect(book.events['Claim Made']).toEqual({
      since: 7,
      properties: { sum: true },
      counted: false,
    })
  })

  test('keeps what conditions of groups read', () => {
    const book = bookWith({
      groups: [
        { name: 'gold', when: "customer.traits.tier == 'gold' && has('phone')" },
        { name: 'fans', when: "count('Review Written') > 3 || returned('x')" },
        { name: 'others' },
      ],
    })
    expect(book.traits).toEqual({ tier: { since: 7 } })
    expect(book.presence).toEqual({ phone: { since: 7 } })
    expect(book.events['Review Written']?.counted).toBe(true)
    expect(book.events['Order Refunded']?.properties).toHaveProperty('order_id')
  })

  test('keeps what conditions of the arbitration context read', () => {
    const book = compileRuleBook({
      journeys: [],
      lifecycle: DEFAULT_LIFECYCLE_RULES,
      arbitration: compileArbitration({
        context: [{ name: 'vip', when: "count('Store Visited') > 1", multiply: 2 }],
      }),
      previous: null,
      publication: 7,
    })
    expect(book.events['Store Visited']?.counted).toBe(true)
  })

  test('has a limit that the rules beside the journeys count for', () => {
    const groups = Array.from({ length: 100 }, (_, index) => ({
      name: `group-${index}`,
      when: `customer.traits.plan == '${'x'.repeat(400)}${index}'`,
    }))
    expect(bookFindings(bookWith({ groups }))).toMatchObject([{ code: 'rule_book_too_large' }])
  })
})

describe('compileArbitration', () => {
  test('nothing said is the default', () => {
    expect(compileArbitration({})).toEqual({ settings: DEFAULT_ARBITRATION, context: [] })
  })

  test('durations become exact lengths', () => {
    const { settings } = compileArbitration({
      margin: 0,
      dwell: 'PT6H',
      switches: { max: 5, within: 'P2W' },
      propensity: 0.3,
    })
    expect(settings).toEqual({
      margin: 0,
      dwellMs: 6 * 3_600_000,
      switchesMax: 5,
      switchWindowMs: 14 * 86_400_000,
      propensity: 0.3,
    })
  })
})

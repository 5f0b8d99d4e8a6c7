import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { newCustomer } from '../actor/new-customer.ts'
import {
  conditionReads,
  evaluateCondition,
  evaluateExpression,
  type ConditionScope,
} from '../conditions.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { checkJourney } from '../journeys/journey-problems.ts'
import type { JsonValue } from '../json.ts'
import { publishedAs, simulate } from '../simulation.ts'
import { journey } from '../../test/support/journeys.ts'
import { checkFactRules } from './check-fact-rules.ts'
import { formulasOf, type Formulas } from './fact-rules.ts'
import { missingFacts } from './missing-facts.ts'
import { STANDARD_FACTS } from './standard-facts.ts'

const NOW_MS = Date.UTC(2026, 10, 28, 12)
const DAY_MS = 86_400_000

interface Known {
  readonly traits?: Record<string, JsonValue>
  /** Days since each event of that name. */
  readonly daysAgo?: Record<string, readonly number[]>
  readonly reachable?: readonly string[]
}

const scope = (facts: Formulas, { traits = {}, daysAgo = {}, reachable }: Known = {}) =>
  ({
    nowMs: NOW_MS,
    customer: {
      traits,
      has: Object.fromEntries(Object.keys(traits).map((name) => [name, true])),
      lifecycle: 'prospect',
      consents: {},
      counters: Object.fromEntries(
        Object.entries(daysAgo).map(([name, days]) => [
          name,
          { total: days.length, recentMs: days.map((ago) => NOW_MS - ago * DAY_MS) },
        ]),
      ),
      returned: [],
      journeys: [],
      ...(reachable === undefined ? {} : { reachable }),
    },
    facts,
    event: null,
    entry: null,
  }) satisfies ConditionScope

const codes = (facts: Record<string, string>): string[] =>
  checkFactRules({
    facts: Object.fromEntries(
      Object.entries(facts).map(([name, formula]) => [name, { formula, source: 'here' }]),
    ),
  }).findings.map(({ code, path }) => `${code} ${path}`)

describe('fact()', () => {
  test('yields what the formula does, of any type, and mixes with what is written', () => {
    const facts = {
      score: "count('A') * 10 + 5",
      share: '0.5',
      tier: 'customer.traits.tier',
      is: "has('tier')",
      first: "last('A')",
    }
    const known = scope(facts, { traits: { tier: 'gold' }, daysAgo: { A: [1, 2] } })
    const holds = (source: string) => evaluateCondition(source, known)
    const yes = { ok: true, value: true }
    expect(holds("fact('score') == 25 && fact('score') > 24.5")).toEqual(yes)
    expect(holds("fact('share') + 1 == 1.5 && fact('is')")).toEqual(yes)
    expect(holds("fact('tier') == 'gold' && fact('tier') in ['gold']")).toEqual(yes)
    expect(holds("fact('first') > now - duration('P3D')")).toEqual(yes)
    expect(evaluateExpression("fact('score')", known)).toEqual({ ok: true, value: 25 })
  })

  test('sees the customer and no event', () => {
    const known = {
      ...scope({ name: 'event.name' }),
      event: { name: 'A', properties: {}, occurredAtMs: 0, receivedAtMs: 0 },
    }
    expect(evaluateExpression("fact('name')", known).ok).toBe(false)
    expect(codes({ name: 'event.name' })).toEqual(['cel_unknown_name /facts/name/formula'])
    expect(codes({ name: 'entry.name' })).toEqual(['cel_unknown_name /facts/name/formula'])
  })

  test('that fails on this customer fails whoever needs it, and nobody else', () => {
    const known = scope({ nps: 'customer.traits.nps' })
    expect(evaluateCondition("fact('nps') <= 6", known).ok).toBe(false)
    expect(evaluateCondition("has('nps') && fact('nps') <= 6", known)).toEqual({
      ok: true,
      value: false,
    })
    expect(evaluateCondition("fact('none') == 1", known)).toEqual({
      ok: false,
      message: 'There is no fact "none".',
    })
  })

  test('is worked out once, however many formulas call it, and ends where it reaches itself', () => {
    const doubling = Object.fromEntries(
      Array.from({ length: 60 }, (_, at) => [`f${at}`, `fact('f${at + 1}') + fact('f${at + 1}')`]),
    )
    expect(evaluateExpression("fact('f0')", scope({ ...doubling, f60: '1.0' }))).toEqual({
      ok: true,
      value: 2 ** 60,
    })
    const round = scope({ a: "fact('b')", b: "fact('a')" })
    expect(evaluateCondition("fact('a')", round)).toMatchObject({ ok: false })
  })

  test('can be read off a condition', () => {
    expect(conditionReads("fact('a') > fact('b') || fact('a') == 1").facts).toEqual(['a', 'b'])
  })
})

describe('reachable()', () => {
  test('asks for the address, unless more is known', () => {
    const at = (known: Known) => evaluateCondition("reachable('sms')", scope({}, known))
    expect(at({ traits: { phone: '+34600000000' } })).toEqual({ ok: true, value: true })
    expect(at({})).toEqual({ ok: true, value: false })
    expect(at({ traits: { phone: '+34600000000' }, reachable: ['email'] })).toEqual({
      ok: true,
      value: false,
    })
    expect(conditionReads("reachable('sms')").presence).toEqual(['phone'])
  })
})

describe('fact rules', () => {
  test('without a flaw are taken as they are', () => {
    const document = { facts: STANDARD_FACTS }
    expect(checkFactRules(document)).toEqual({ document, findings: [] })
    expect(formulasOf(undefined)).toEqual(formulasOf(document))
  })

  test.each<[string, Record<string, string>, string[]]>([
    ['is no CEL', { a: '1 +' }, ['cel_syntax /facts/a/formula']],
    ['names a personal trait', { a: 'customer.traits.email' }, ['personal_trait /facts/a/formula']],
    ['looks into the store', { a: "did('A', 'x', '1')" }, ['not_available /facts/a/formula']],
    ['is a list', { a: '[1, 2]' }, ['fact_type /facts/a/formula']],
    ['calls one that there is not', { a: "fact('b')" }, ['unknown_fact /facts/a/formula']],
    ['calls itself', { a: "fact('a')" }, ['cyclic_fact /facts/a/formula']],
    [
      'calls one by a text that is made',
      { a: "fact('a' + 'b')" },
      ['not_literal /facts/a/formula'],
    ],
    ['names no channel', { a: "reachable('fax')" }, ['unknown_value /facts/a/formula']],
    ['has no name', { A: '1' }, ['bad_format /facts/A']],
  ])('are refused where a formula %s', (_, facts, found) => {
    expect(codes(facts)).toEqual(found)
  })

  test('are refused where formulas go round, and say which are in it', () => {
    expect(codes({ a: "fact('b') + 1", b: "fact('c')", c: "fact('b')" })).toEqual([
      'cyclic_fact /facts/b/formula',
      'cyclic_fact /facts/c/formula',
    ])
  })

  test('of whatever shape have an answer, and are taken without an error only', () => {
    const formula = fc.oneof(
      fc.string(),
      fc.constantFrom("fact('a')", "fact('b') + 1", '1', 'event.name', "count('A', 'soon')"),
    )
    const names = fc.constantFrom('a', 'b', 'c', '__proto__', 'constructor')
    const fact = fc.record({ formula, source: fc.string() }, { requiredKeys: [] })
    fc.assert(
      fc.property(
        fc.oneof(fc.jsonValue(), fc.record({ facts: fc.dictionary(names, fact) })),
        (sent) => {
          const { document, findings } = checkFactRules(sent)
          expect(document === null).toBe(findings.some(({ severity }) => severity === 'error'))
        },
      ),
    )
  })

  test('are asked whether they know what a journey names', () => {
    const asks = journey('a', { entry: { on: [{ event: 'A' }], when: "fact('lead_scor') > 10" } })
    const known = {
      events: new Map(),
      traits: { customers: 0, names: new Set<string>() },
      journeys: [],
      facts: new Set(['lead_score']),
    }
    expect(checkJourney(asks, known).findings).toMatchObject([
      { code: 'unknown_fact', path: '/entry/when', severity: 'error' },
    ])
    expect(checkJourney(asks, known).findings[0]?.message).toContain('do you mean "lead_score"?')
    expect(checkJourney(asks).findings).toEqual([])
    const rules = {
      journeys: [{ journey: asks }],
      audiences: [{ key: 'x', when: "fact('y') == 1" }],
    }
    expect(missingFacts(rules, { lead_scor: '1' }).map(({ message }) => message)).toEqual([
      expect.stringContaining('The audience "x" asks for the fact "y"'),
    ])
  })
})

describe('standard facts', () => {
  const value = (name: string, known: Known) =>
    evaluateExpression(`fact('${name}')`, scope(formulasOf(undefined), known))
  test.each<[string, Known, JsonValue]>([
    ['nps', { traits: { nps: 9 } }, 9],
    ['loyalty_tier', { traits: { loyalty_tier: 'gold' } }, 'gold'],
    ['tenure_days', { traits: { created_at: '2026-11-18T00:00:00Z' } }, 10],
    ['influencer', { traits: { followers: 10_000 } }, true],
    ['influencer', {}, false],
    ['opener', { daysAgo: { 'Email Opened': [89] } }, true],
    ['clicker', { daysAgo: { 'Email Link Clicked': [91] } }, false],
    ['lead_score', {}, 0],
    [
      'lead_score',
      {
        traits: { email: 'a@b.example' },
        daysAgo: {
          'Product Viewed': [1, 2, 3],
          'Product Added': [1],
          'Checkout Started': [1],
          'Email Link Clicked': [1],
        },
      },
      100,
    ],
    ['cancellation_risk', { daysAgo: { 'Order Completed': [1] } }, 0],
    [
      'cancellation_risk',
      { traits: { nps: 2 }, daysAgo: { 'Order Completed': [200], 'Complaint Opened': [3] } },
      0.8,
    ],
    ['preferred_channel', { traits: { preferred_channel: 'sms' } }, 'sms'],
    ['preferred_channel', { reachable: ['push', 'email'] }, 'push'],
    [
      'preferred_channel',
      { reachable: ['push', 'email'], daysAgo: { 'Email Link Clicked': [1] } },
      'email',
    ],
    ['preferred_channel', { reachable: [] }, 'none'],
  ])('%s of %j is %j', (name, known, expected) => {
    expect(value(name, known)).toEqual({ ok: true, value: expected })
  })
})

describe('the rule book', () => {
  const asks = journey('asks', {
    class: 'service',
    entry: { on: [{ event: 'Asked' }], when: "fact('outer') >= 2" },
  })
  const rules = (facts: Formulas) =>
    publishedAs([{ journey: asks, version: 1, hash: 'asks', live: true }], {
      lifecycle: DEFAULT_LIFECYCLE_RULES,
      facts,
    })
  const facts = {
    outer: "fact('inner') + (has('vip') ? 1 : 0) + (customer.traits.plan == 'x' ? 1 : 0)",
    inner: "count('Looked', 'P2D') + (returned('1') ? 1 : 0)",
    unused: "count('Never')",
  }

  test('carries the formulas that its rules reach, and keeps what they read', () => {
    const { book } = rules(facts)
    expect(book.facts).toEqual({ outer: facts.outer, inner: facts.inner })
    expect(book.events['Looked']).toMatchObject({ counted: true })
    expect(book.events).toHaveProperty('Order Refunded')
    expect(book.events).not.toHaveProperty('Never')
    expect(Object.keys(book.traits)).toContain('plan')
    expect(Object.keys(book.presence)).toContain('vip')
  })

  test('has the standard ones where nobody says which are published', () => {
    const clicks = journey('c', { entry: { on: [{ event: 'A' }], when: "fact('clicker')" } })
    const { book } = publishedAs([{ journey: clicks, version: 1, hash: 'c', live: true }], {
      lifecycle: DEFAULT_LIFECYCLE_RULES,
    })
    expect(book.facts).toEqual({ clicker: STANDARD_FACTS['clicker']?.formula })
  })

  test('says nothing of facts where no rule names one', () => {
    const plain = publishedAs([{ journey: journey('b'), version: 1, hash: 'b', live: true }], {
      lifecycle: DEFAULT_LIFECYCLE_RULES,
      facts,
    })
    expect(plain.book).not.toHaveProperty('facts')
  })

  test('lets a customer in by what the formula says of them', () => {
    const mails = (threshold: number) =>
      simulate({
        actor: newCustomer({ customerId: 'c', test: false, zone: 'UTC', known: true }, NOW_MS),
        rules: rules({ outer: `count('Looked', 'P2D') + ${threshold}` }),
        items: ['Looked', 'Asked'].map((name, at) => ({
          type: 'event',
          seq: at + 1,
          name,
          occurredAtMs: NOW_MS + at,
          receivedAtMs: NOW_MS + at,
          properties: {},
          facts: { has: { email: true } },
        })),
        untilMs: NOW_MS + 1_000,
      }).deliveries.length
    expect(mails(1)).toBe(1)
    expect(mails(0)).toBe(0)
  })
})

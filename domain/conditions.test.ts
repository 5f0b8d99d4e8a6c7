import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  checkCondition,
  conditionReads,
  evaluateCondition,
  evaluateExpression,
} from './conditions.ts'
import type { ConditionScope } from './conditions.ts'

const DAY_MS = 86_400_000
const nowMs = Date.parse('2026-12-06T22:30:00Z')
const scope: ConditionScope = {
  nowMs,
  zone: 'Europe/Madrid',
  customer: {
    traits: { plan: 'gold', age: 33, vip: true, tags: ['a', 'b'], score: 0.5, nothing: null },
    has: { email: true, phone: false },
    lifecycle: 'at_risk',
    consents: { marketing: { email: true, webhook: false }, research: { email: false } },
    counters: {
      'Order Completed': { total: 7, recentMs: [nowMs - 5 * DAY_MS, nowMs - 3 * DAY_MS, nowMs] },
      'Product Viewed': { total: 1, recentMs: [nowMs - DAY_MS] },
    },
    returned: ['sku-1', '4711'],
    journeys: ['welcome'],
  },
  event: {
    name: 'Order Refunded',
    properties: {
      order_id: 'o-1',
      revenue: 60.5,
      quantity: 5,
      products: [
        { product_id: 'p1', price: 3 },
        { product_id: 'p2', price: 40 },
      ],
      tags: ['sale'],
      address: 'secret',
      at: '2026-12-01T10:00:00Z',
    },
    occurredAtMs: nowMs - 60_000,
    receivedAtMs: nowMs,
    source: 'store',
    channel: 'till_3',
  },
  entry: {
    name: 'Order Completed',
    properties: { order_id: 'o-1', products: [{ product_id: 'p2' }, { product_id: 'p9' }] },
    occurredAtMs: nowMs - 2 * DAY_MS,
    receivedAtMs: nowMs - 2 * DAY_MS,
  },
}
const everything = { event: true, entry: true, result: 'any' } as const

describe('evaluateCondition', () => {
  test.each([
    // where they come from
    ["event.source == 'store' && event.channel == 'till_3'", true],
    ["entry.source == 'unknown' && entry.channel == ''", true],
    ["event.source in ['web', 'app']", false],
    // numbers of JSON with literals
    ['event.properties.revenue * 2 > 100', true],
    ['2 * event.properties.revenue > 100', true],
    ['event.properties.revenue + 1 > 61', true],
    ['1 + event.properties.revenue == 61.5', true],
    ['event.properties.revenue - 1 < 60', true],
    ['100 - event.properties.revenue < 40', true],
    ['event.properties.revenue / 2 == 30.25', true],
    ['event.properties.quantity % 2 == 1', true],
    ['event.properties.quantity == 5', true],
    ['5 == event.properties.quantity', true],
    ['event.properties.quantity != 5', false],
    ['event.properties.quantity in [1, 5]', true],
    ['event.properties.quantity in [1, 2.5]', false],
    ['event.properties.revenue in [60.5, 1]', true],
    ['event.properties.quantity >= 5', true],
    ['-event.properties.quantity == -5', true],
    ['event.properties.quantity == count("Order Completed") - 2', true],
    ['event.properties.products[0].price == 3', true],
    ['event.properties.products.map(p, p.price * 2).exists(x, x == 80)', true],
    ['event.properties.products.filter(p, p.price > 10).size() == 1', true],
    ['1 == 1.0', true],
    ['1.5 != 1', true],
    ['1 + 1.5 == 2.5', true],
    ['count("Order Completed") * event.properties.revenue > 400', true],
    ['event.properties.quantity == "5"', false],
    // customer
    ['customer.traits.plan == "gold"', true],
    ['customer.traits["plan"] == "gold"', true],
    ['customer.traits.age >= 18', true],
    ['customer.traits.vip', true],
    ['"b" in customer.traits.tags', true],
    ['customer.traits.nothing == null', true],
    ['customer.traits.plan == null', false],
    ['customer.lifecycle == "at_risk"', true],
    ['customer.consent.marketing', true],
    ['customer.consent.research', false],
    ['customer.consent.never_recorded', false],
    ['!customer.consent.never_recorded', true],
    ["consented('marketing', 'email')", true],
    ["consented('marketing', 'webhook')", false],
    ["consented('marketing', 'sms')", false],
    ["consented('unknown', 'email')", false],
    ["has('email')", true],
    ["has('phone')", false],
    ["has('unknown')", false],
    ['has(customer.traits.plan)', true],
    ['has(customer.traits.unknown)', false],
    ['has(event.properties.coupon)', false],
    ['has(event.properties.coupon) && event.properties.coupon == "x"', false],
    ['"coupon" in event.properties', false],
    ['"revenue" in event.properties', true],
    // facts
    ["count('Order Completed') == 7", true],
    ["count('Order Completed') + 1 == 8", true],
    ["count('Order Completed', 'P4D') == 2", true],
    ["count('Order Completed', 'P3D') == 1", true],
    ["count('Order Completed', 'P3DT1S') == 2", true],
    ["count('Nothing') == 0", true],
    ["count('constructor') == 0 && count('__proto__', 'P1D') == 0", true],
    ["last('Product Viewed') > now - duration('P2D')", true],
    ["last('Product Viewed') > now - duration('23h')", false],
    ["now - last('Product Viewed') == duration('24h')", true],
    ["last('Nothing') == timestamp(0)", true],
    ["now - last('Nothing') > duration('P30D')", true],
    ["returned('sku-1')", true],
    ['returned(4711)', true],
    ["returned('4711') && !returned('o-2')", true],
    ["inJourney('welcome')", true],
    ["inJourney('other')", false],
    // events
    ['event.name == "Order Refunded"', true],
    ['event.properties.order_id == entry.properties.order_id', true],
    ['event.occurredAt < event.receivedAt', true],
    ['entry.occurredAt == now - duration("P2D")', true],
    [
      'event.properties.products.exists(p, p.product_id in entry.properties.products.map(q, q.product_id))',
      true,
    ],
    [
      'event.properties.products.all(p, p.product_id in entry.properties.products.map(q, q.product_id))',
      false,
    ],
    ['"sale" in event.properties.tags', true],
    // time
    ['timestamp(event.properties.at) < now', true],
    ["timestamp('2026-12-06T23:30:00+01:00') == now", true],
    ['timestamp(1796596200) == now', true],
    ["duration('90m') == duration('PT1H30M') && duration('-1h30m') < duration('1ms')", true],
    ["duration('P400D') > duration('P399DT23H')", true],
    ["duration('90m').getMinutes() == 90", true],
    ['now.getHours() == 23 && now.getMinutes() == 30', true],
    ["now.getHours('UTC') == 22", true],
    ["now.getDayOfWeek() == 0 && now.getDayOfWeek('Asia/Tokyo') == 1", true],
    [
      'now.getFullYear() == 2026 && now.getMonth() == 11 && now.getDate() == 6 && now.getDayOfMonth() == 5 && now.getDayOfYear() == 339',
      true,
    ],
    // the rest of CEL
    ['true || event.properties.missing', true],
    ['event.properties.missing == 1 || true', true],
    ['event.properties.order_id.startsWith("o-") ? true : false', true],
    ['type(event.properties.revenue) == double', true],
    ['size(event.properties.products) == 2', true],
    ['"A b".lowerAscii().split(" ").join("-") == "a-b"', true],
    ['string(event.properties.quantity) == "5"', true],
  ])('%s is %s', (source, value) => {
    expect(evaluateCondition(source, scope)).toEqual({ ok: true, value })
    expect(checkCondition(source, everything)).toEqual([])
  })

  test.each([
    ['event.properties.coupon == "x"', 'No such key: coupon'],
    ['customer.traits.unknown > 3', 'No such key: unknown'],
    ['event.properties.order_id > 3', 'no such overload'],
    ['event.properties.order_id * 2 > 3', 'no such overload'],
    ['customer.traits.plan', 'neither true nor false'],
    ['customer.traits.plan && true', 'Logical operator requires bool operands'],
    ['event.properties.order_id.exists(x, x == 1)', 'runs over lists only'],
    ['event.properties.products[7].price > 1', 'index out of bounds'],
    ['timestamp(event.properties.order_id) < now', 'timestamp() takes'],
    ['duration(event.properties.order_id) < duration("1h")', 'duration() takes'],
    ['returned(event.properties.products)', 'must be a text'],
    ['now.getHours(event.properties.order_id) == 1', 'Invalid time zone'],
    ['{"a": 1}.exists(k, k == "a")', 'runs over lists only'],
    ['event.properties.revenue.getHours() == 1', 'has no getHours()'],
    ['9223372036854775807 + count("Order Completed") > 0', 'overflow'],
  ])('%s fails on this data: %s', (source, message) => {
    const result = evaluateCondition(source, scope)
    expect(result).toEqual({ ok: false, message: expect.stringContaining(message) })
  })

  test('fails where there is no event, and says so', () => {
    const without = { ...scope, event: null }
    expect(evaluateCondition('event.name == "x"', without)).toEqual({
      ok: false,
      message: 'Unknown variable: event',
    })
    expect(evaluateCondition('entry.name == "Order Completed"', without)).toEqual({
      ok: true,
      value: true,
    })
  })

  test('gives every customer their own answer from the same parsed condition', () => {
    const other = {
      ...scope,
      nowMs: 0,
      customer: { ...scope.customer, traits: { age: 3 }, has: {} },
    }
    for (const [s, value] of [
      [scope, true],
      [other, false],
      [scope, true],
    ] as const) {
      expect(evaluateCondition("customer.traits.age > 18 && has('email')", s)).toEqual({
        ok: true,
        value,
      })
      expect(evaluateCondition('now > timestamp(1)', s)).toEqual({ ok: true, value })
    }
  })

  test('never runs what the check refuses', () => {
    for (const source of [
      'customer.traits.email == "a@example.com"',
      '"a".matches("(a+)+$")',
      'event.properties == entry.properties',
    ])
      expect(evaluateCondition(source, scope).ok).toBe(false)
  })

  test('stays right when more conditions are used than are kept', () => {
    for (let i = 0; i < 2_500; i++)
      expect(evaluateCondition(`count('Order Completed') + ${i} == ${7 + i}`, scope)).toEqual({
        ok: true,
        value: true,
      })
  })
})

describe('evaluateExpression', () => {
  test.each([
    ['event.properties.revenue', 60.5],
    ["count('Order Completed')", 7],
    [
      'event.properties.products',
      [
        { product_id: 'p1', price: 3 },
        { product_id: 'p2', price: 40 },
      ],
    ],
    ['event.properties.products.map(p, p.price)', [3, 40]],
    ["{'a': 1, 'b': [now, null]}", { a: 1, b: ['2026-12-06T22:30:00.000Z', null] }],
    ['now - event.occurredAt', 60],
    ['customer.lifecycle', 'at_risk'],
    ['event.name + "!"', 'Order Refunded!'],
  ])('%s', (source, value) => {
    expect(evaluateExpression(source, scope)).toEqual({ ok: true, value })
  })

  test.each(['1.0 / 0.0', 'type(1)', "b'bytes'", '5u', 'event.properties.missing', '[1.0 / 0.0]'])(
    '%s has no value in JSON',
    (source) => expect(evaluateExpression(source, scope).ok).toBe(false),
  )
})

describe('checkCondition', () => {
  const codes = (
    source: string,
    sees: Parameters<typeof checkCondition>[1] = { ...everything, result: 'bool' },
  ) => checkCondition(source, sees).map(({ code }) => code)

  test.each([
    ['', 'cel_syntax'],
    ['1 +', 'cel_syntax'],
    ["count('A'", 'cel_syntax'],
    ['"open', 'cel_syntax'],
    ['unknown == 1', 'cel_unknown_name'],
    ['customer.traitz.a == 1', 'cel_unknown_name'],
    ['event.propertys.a == 1', 'cel_unknown_name'],
    ['foo(1)', 'cel_unknown_name'],
    ['"a".foo()', 'cel_unknown_name'],
    ['cel.bind(x, 1, x == 1)', 'cel_unknown_name'],
    ['google.protobuf.Timestamp == type(now)', 'cel_unknown_name'],
    ['1 + "a" == 2', 'cel_type'],
    ["count('A') == 'many'", 'cel_type'],
    ["now > 'yesterday'", 'cel_type'],
    ['count() == 1', 'cel_type'],
    ["count('A', 'P1D', 'x') == 1", 'cel_type'],
    ["last('A', 'P1D') > now", 'cel_type'],
    ["consented('marketing')", 'cel_type'],
    ["count('A').getHours() == 1", 'cel_type'],
    ["count('A')", 'not_boolean'],
    ['"text"', 'not_boolean'],
    ['count(event.name) == 1', 'not_literal'],
    ['last(customer.traits.plan) > now', 'not_literal'],
    ["count('A', event.properties.w) == 1", 'not_literal'],
    ['inJourney(customer.traits.plan)', 'not_literal'],
    ["count('A', '3 days') == 1", 'bad_window'],
    ["count('A', 'P0D') == 1", 'bad_window'],
    ["count('A', '-P1D') == 1", 'bad_window'],
    ['"a".matches("a")', 'not_available'],
    ['customer.traits.email == "a"', 'personal_trait'],
    ['customer.traits["phone"] == "a"', 'personal_trait'],
    ['has(customer.traits.first_name)', 'personal_trait'],
    ['"email" in customer.traits', 'personal_trait'],
    ['event.properties.email == "a"', 'personal_trait'],
    ['event.properties.customer.email == "a"', 'personal_trait'],
    ['entry.properties.address.city == "a"', 'personal_trait'],
    ['event.properties.name == "a"', 'personal_trait'],
    ['event.properties.people.exists(p, p.email == "a")', 'personal_trait'],
    ['customer.traits[event.name] == 1', 'whole_value'],
    ['customer.traits == event.properties', 'whole_value'],
    ['size(event.properties) > 1', 'whole_value'],
    ['entry.properties.exists(k, k == "a")', 'whole_value'],
    ['[event].exists(e, e.properties.email == "a")', 'whole_value'],
    [`${'('.repeat(100)}true${')'.repeat(100)}`, 'cel_too_complex'],
    [`${'!'.repeat(7_000)}true`, 'cel_too_complex'],
    [Array.from({ length: 900 }, () => 'true').join(' && '), 'cel_too_complex'],
    [`"${'a'.repeat(9_000)}" == ""`, 'cel_too_complex'],
  ])('%.60s: %s', (source, code) => {
    expect(codes(source)).toContain(code)
    expect(evaluateCondition(source, scope).ok).toBe(false)
  })

  test.each([
    "has('email')",
    "has('first_name') && !has('phone')",
    'event.properties.products.exists(p, p.name == "Mug")',
    'customer.traits.vip',
    'event.properties.x.exists(email, email == 1)',
  ])('%s may be published', (source) => expect(codes(source)).toEqual([]))

  test('knows where there is no event and no entry', () => {
    const nothing = { event: false, entry: false, result: 'bool' } as const
    expect(codes('event.name == "a"', nothing)).toEqual(['cel_unknown_name'])
    expect(codes('entry.name == "a" && event.name == "b"', nothing)).toEqual([
      'cel_unknown_name',
      'cel_unknown_name',
    ])
    expect(codes('[1].exists(event, event == 1)', nothing)).toEqual([])
  })

  test('lets an expression be of any type', () => {
    expect(checkCondition("count('A')", everything)).toEqual([])
  })

  test('finds all problems at once, each with its place', () => {
    const source = "customer.traits.email == '' && count(event.name) > 1 && '' .matches('a')"
    expect(
      checkCondition(source, everything).map(({ code, range }) => [
        code,
        range && source.slice(range.start, range.end),
      ]),
    ).toEqual([
      ['not_literal', 'count(event.name)'],
      ['not_available', "'' .matches('a')"],
      ['personal_trait', 'customer.traits.email'],
    ])
  })
})

describe('conditionReads', () => {
  const event = (source: string) => conditionReads(source).eventProperties
  const entry = (source: string) => conditionReads(source).entryProperties

  test('looks through macros on both sides', () => {
    const source =
      'event.properties.products.exists(p, p.product_id in entry.properties.products.map(q, q.product_id))'
    expect(event(source)).toEqual({ products: { product_id: true } })
    expect(entry(source)).toEqual({ products: { product_id: true } })
  })

  test.each([
    ['event.properties.a == 1', { a: true }],
    ['event.properties.a.b.c == 1', { a: { b: { c: true } } }],
    ['event.properties["a"]["b"] == 1', { a: { b: true } }],
    ['event.properties.a.b == 1 && event.properties.a.c == 1', { a: { b: true, c: true } }],
    ['event.properties.a.b == 1 && event.properties.a == 1', { a: true }],
    ['event.properties.a[0].b == 1', { a: { b: true } }],
    ['event.properties.a[event.name].b == 1', { a: true }],
    ['event.properties.a[event.properties.i].b == 1', { a: true, i: true }],
    ['has(event.properties.a.b)', { a: { b: true } }],
    ['"x" in event.properties', { x: true }],
    ['"x" in event.properties.a', { a: true }],
    ['event.properties.a.b in ["x"]', { a: { b: true } }],
    ['event.properties.a.exists(x, x > 1)', { a: true }],
    ['event.properties.a.exists(x, true)', { a: true }],
    ['event.properties.a.filter(x, x.b > 1).exists(y, y.c == 1)', { a: { b: true, c: true } }],
    ['event.properties.a.filter(x, x.b > 1).size() > 1', { a: true }],
    ['size(event.properties.a) > 1', { a: true }],
    ['event.properties.a.map(x, x.b > 1, x.c).exists(y, y == 1)', { a: { b: true, c: true } }],
    ['event.properties.a.exists(x, x.b.exists(y, y.c == x.d))', { a: { b: { c: true }, d: true } }],
    ['event.properties.a.exists(event, event.b == 1)', { a: { b: true } }],
    [
      '(has(event.properties.a) ? event.properties.b : event.properties.c).d == 1',
      { a: true, b: { d: true }, c: { d: true } },
    ],
    ['[event.properties.a].exists(x, x.b == 1)', { a: true }],
    ['event.properties.a.b.startsWith("x")', { a: { b: true } }],
    ['returned(event.properties.order_id)', { order_id: true }],
    [
      'timestamp(event.properties.at).getHours(event.properties.zone) == 1',
      { at: true, zone: true },
    ],
    ['event.properties.constructor == 1', { constructor: true }],
    ['event.name == "a" && event.occurredAt < now', {}],
  ])('%s reads %o', (source, shape) => {
    expect(event(source)).toEqual(shape)
    expect(entry(source)).toEqual({})
  })

  test('keeps a property called __proto__ as a property', () => {
    expect(Object.keys(event('event.properties.__proto__ == 1'))).toEqual(['__proto__'])
  })

  test('names events, windows and what counts are compared with', () => {
    expect(
      conditionReads(
        "count('A') == 1 && 3 < count('B', 'P1D') && last('C') > now && count('D', 'P1W') + 1 > 2 && count('E') > -1",
      ).events,
    ).toEqual([
      { name: 'A', windowed: false, windowMs: null, comparedTo: 1 },
      { name: 'B', windowed: true, windowMs: DAY_MS, comparedTo: 3 },
      { name: 'C', windowed: false, windowMs: null },
      { name: 'D', windowed: true, windowMs: 7 * DAY_MS },
      { name: 'E', windowed: false, windowMs: null, comparedTo: -1 },
    ])
  })

  test('names traits, presence, purposes, journeys and returns', () => {
    expect(
      conditionReads(
        "customer.traits.plan == 'x' && has(customer.traits.vip) && 'age' in customer.traits && has('email') && customer.consent.news && consented('marketing', 'email') && inJourney('welcome') && returned('a')",
      ),
    ).toMatchObject({
      traits: ['plan', 'vip', 'age'],
      presence: ['email'],
      purposes: ['marketing', 'news'],
      journeys: ['welcome'],
      usesReturned: true,
    })
    expect(conditionReads('true').usesReturned).toBe(false)
  })

  test('names what of answers is read', () => {
    const source =
      "answers.quote.status == 200 && answers['quote'].body.offers.exists(o, o.price < 5)"
    expect(conditionReads(source).answers).toEqual({
      quote: { status: true, body: { offers: { price: true } } },
    })
  })

  test('reads nothing of what is not CEL', () => {
    expect(conditionReads('1 +')).toEqual({
      events: [],
      traits: [],
      presence: [],
      eventProperties: {},
      entryProperties: {},
      answers: {},
      purposes: [],
      journeys: [],
      usesReturned: false,
      usesLifecycle: false,
      usesValue: false,
      usesReachable: false,
      did: [],
      facts: [],
    })
  })

  test('is enough: the event cut down to it gives the same answer', () => {
    const leaf = fc.constantFrom('1', '"x"', 'null')
    const path = fc.constantFrom('a', 'b', 'a.b', 'list', 'list[0]', 'list[0].a', 'list[1].b')
    const read = path.map((p) => `event.properties.${p}`)
    const body = fc.constantFrom(
      'v == 1',
      'v.a == 1',
      'v.a == event.properties.b',
      'true',
      'has(v.b)',
    )
    const term = fc.oneof(
      fc
        .tuple(read, fc.constantFrom('==', '!=', 'in'), fc.oneof(leaf, read))
        .map(([l, o, r]) => `${l} ${o} ${o === 'in' ? `[${r}]` : r}`),
      fc
        .tuple(
          fc.constantFrom('list', 'a', 'objects'),
          fc.constantFrom('exists', 'all', 'exists_one'),
          body,
        )
        .map(([p, m, b]) => `event.properties.${p}.${m}(v, ${b})`),
      fc.tuple(body, body).map(([f, b]) => `event.properties.list.filter(v, ${f}).exists(v, ${b})`),
      fc
        .tuple(fc.constantFrom('v', 'v.a'), leaf)
        .map(([t, l]) => `${l} in event.properties.list.map(v, ${t})`),
      read.map((r) => `size(${r}) == 2`),
      read.map((r) => `has(${r.replace(/\[\d\]$/, '')})`),
    )
    const value = fc.oneof(
      fc.constantFrom(1, 'x', null),
      fc.record({ a: fc.constantFrom(1, 'x'), b: fc.constantFrom(1, null) }, { requiredKeys: [] }),
    )
    const properties = fc.record(
      {
        a: value,
        b: value,
        list: fc.array(value, { maxLength: 3 }),
        objects: fc.dictionary(fc.constantFrom('a', 'b'), value),
        other: value,
      },
      { requiredKeys: [] },
    )
    fc.assert(
      fc.property(fc.array(term, { minLength: 1, maxLength: 3 }), properties, (terms, given) => {
        const source = terms.join(' && ')
        const whole = { ...scope, event: { ...scope.event!, properties: given } }
        const cut = {
          ...scope,
          event: { ...scope.event!, properties: project(given, event(source)) as never },
        }
        const [a, b] = [evaluateCondition(source, whole), evaluateCondition(source, cut)]
        expect(b.ok && b.value).toBe(a.ok && a.value)
      }),
      { numRuns: 2_000 },
    )
  })
})

/** What travels to the engine of a value, as the projection of an event does it. */
function project(value: unknown, shape: object | true): unknown {
  if (shape === true || typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((element) => project(element, shape))
  return Object.fromEntries(
    Object.entries(shape).flatMap(([name, inner]) =>
      Object.hasOwn(value, name)
        ? [[name, project((value as Record<string, unknown>)[name], inner)]]
        : [],
    ),
  )
}

describe('hostile conditions and data', () => {
  const numbers = Array.from({ length: 10_000 }, (_, i) => i)
  const big: ConditionScope = {
    ...scope,
    event: {
      ...scope.event!,
      properties: { list: numbers, text: 'a'.repeat(30_000), deep: nested(5_000) },
    },
    answers: { crm: { status: 200, body: { list: numbers, deep: nested(5_000) } } },
  }
  const list = 'event.properties.list'
  const doubling = (from: string, times: number) =>
    `${from}${Array.from({ length: times }, () => '.map(a, a + a)').join('')}`

  test.each([
    `${list}.exists(a, ${list}.exists(b, ${list}.exists(c, a + b + c < 0)))`,
    `${list}.all(a, ${list}.all(b, ${list}.all(c, true)))`,
    `${list}.exists(a, ${list}.exists(b, ${list}.exists(c, a + b + c < 0) || false) || false) || false`,
    `${list}.map(a, ${list}.map(b, b)) == []`,
    `${list}.exists(a, a + 0.5 in ${list})`,
    `${list}.exists(a, ${list} == ${list}.map(b, -b))`,
    `${doubling('[event.properties.text]', 25)}.exists(x, x.size() == 1)`,
    `${doubling('[[1]]', 25)}.exists(x, x.size() == 1)`,
    `${list}.map(a, event.properties.text).join(',').size() == 1`,
    `${list}.exists(a, event.properties.text.contains('aaaaaaaaab'))`,
    'event.properties.deep == event.properties.deep.a',
    'duration(event.properties.text) == duration("1h")',
    "event.properties.text.split('').map(a, event.properties.text.split('')) == []",
    `answers.crm.body.list.exists(a, answers.crm.body.list.exists(b, answers.crm.body.list.exists(c, c < 0)))`,
    'answers.crm.body.deep == answers.crm.body.deep.a',
    'timestamp(event.properties.text) == now',
    'double(event.properties.text) == 1.0',
    'int(event.properties.text) == 1',
  ])('%s ends', (source) => {
    expect(checkCondition(source, { ...everything, answers: true })).toEqual([])
    // Unbounded, each of these would run for hours and end the test by its time limit.
    const result = evaluateCondition(source, big)
    expect(result.ok && result.value).toBe(false)
  })

  test.each([
    "event.properties['constructor']['constructor'] == 1",
    "customer.traits['__proto__'] == null",
    'event.properties.list.length == 10000',
    'event.properties.text.constructor == null',
    "answers.crm.body['toString'] == null",
  ])('%s reaches nothing of the host', (source) => {
    expect(evaluateCondition(source, big)).toEqual({
      ok: false,
      message: expect.stringMatching(/^No such key: /),
    })
  })

  test('honest work over long lists is done', () => {
    const source = `${list}.exists(a, a == 9999)`
    expect(evaluateCondition(source, big)).toEqual({ ok: true, value: true })
    expect(evaluateCondition(source, big)).toEqual({ ok: true, value: true })
  })

  test('data nested without end neither throws nor has a value', () => {
    const given = { ...scope, event: { ...scope.event!, properties: { deep: nested(100_000) } } }
    expect(evaluateExpression('event.properties.deep', given).ok).toBe(false)
    expect(evaluateCondition('event.properties.deep == 1', given).ok).toBe(false)
    expect(evaluateCondition('-event.properties.deep == 1', given).ok).toBe(false)
  })

  test('each of 700 lines returned is found among 700 lines bought', () => {
    const lines = (prefix: string) =>
      Array.from({ length: 700 }, (_, i) => ({ id: `${prefix}${i}` }))
    const large: ConditionScope = {
      ...scope,
      event: { ...scope.event!, properties: { products: [...lines('x'), { id: 'y699' }] } },
      entry: { ...scope.entry!, properties: { products: lines('y') } },
    }
    const source =
      'event.properties.products.exists(p, p.id in entry.properties.products.map(q, q.id))'
    expect(evaluateCondition(source, large)).toEqual({ ok: true, value: true })
  })

  test('no text whatever throws', () => {
    const pieces = fc.constantFrom(
      ...'customer event entry now . [ ] ( ) { } , : ? == != < in + - * / % ! && || "a" \'b\' 1 2.5 5u null true b"x" exists map filter all has count last traits properties name x r" \\ // \n duration timestamp getHours matches bind cel size'.split(
        ' ',
      ),
    )
    const source = fc.oneof(
      fc.string(),
      fc.string({ unit: 'binary', maxLength: 50 }),
      fc.array(pieces, { maxLength: 20 }).map((p) => p.join(' ')),
      fc.array(pieces, { maxLength: 20 }).map((p) => p.join('')),
    )
    fc.assert(
      fc.property(source, fc.jsonValue(), (text, value) => {
        const given = {
          ...scope,
          event: { ...scope.event!, properties: { x: value, name: value } as never },
        }
        const problems = checkCondition(text, everything)
        const result = evaluateCondition(text, given)
        evaluateExpression(text, given)
        conditionReads(text)
        if (problems.length > 0) expect(result.ok).toBe(false)
      }),
      { numRuns: 5_000 },
    )
  })
})

function nested(depth: number): never {
  let value: unknown = 1
  for (let i = 0; i < depth; i++) value = { a: value }
  return value as never
}

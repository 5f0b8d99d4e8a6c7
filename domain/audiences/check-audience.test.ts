import { describe, expect, test } from 'vitest'
import { evaluateCondition, type ConditionScope } from '../conditions.ts'
import { checkJourney } from '../journeys/journey-problems.ts'
import { journey } from '../../test/support/journeys.ts'
import { checkAudience } from './check-audience.ts'

const BOUGHT = "did('Order Completed', 'products.product_id', 'P-17', 'P90D')"
const codes = (document: unknown) =>
  checkAudience(document).findings.map(({ code, path }) => `${code} ${path}`)

describe('an audience', () => {
  test('is a condition over a customer, with stored events', () => {
    const document = { key: 'delayed', title: 'Delayed', when: `${BOUGHT} && has('email')` }
    expect(checkAudience(document)).toEqual({ audience: document, findings: [] })
  })

  test('is told everything that is wrong with it at once', () => {
    expect(codes({ key: 'No!', when: 'event.name == 1 &&', colour: 'red' })).toEqual([
      'bad_format /key',
      'unknown_field /colour',
      'cel_syntax /when',
    ])
    expect(codes({ key: 'a' })).toEqual(['missing_field /when'])
    expect(codes({ key: 'a', when: 'event.properties.plan == 1' })).toEqual([
      'cel_unknown_name /when',
    ])
    expect(codes({ key: 'a', when: 'count("A")' })).toEqual(['not_boolean /when'])
    expect(codes({ key: 'a', when: '1 == 2' })).toEqual(['empty_audience /when'])
    expect(codes({ key: 'a', when: "count('A', 'P3D') > 200" })).toEqual(['window_too_much /when'])
  })

  test.each([
    ["did('A', 'x', customer.traits.plan)", 'not_literal'],
    ["did('A', 'x')", 'cel_type'],
    ["did('A', 'x', '1', 'soon')", 'bad_window'],
    ["did('A', 'x..y', '1')", 'cel_type'],
    ["did('A', 'email', 'a@b.example')", 'personal_trait'],
    ["did('A', 'user.phone', '1')", 'personal_trait'],
  ])('%s is refused', (when, code) => {
    expect(codes({ key: 'a', when })).toEqual([`${code} /when`])
  })

  test('says which names nobody has used', () => {
    const events = new Map([['Order Completed', { count: 99, properties: new Set<string>() }]])
    const known = { events, traits: { customers: 0, names: new Set<string>() }, journeys: [] }
    const { audience, findings } = checkAudience(
      { key: 'a', when: "did('Order Complete', 'x', '1')" },
      known,
    )
    expect(audience).not.toBeNull()
    expect(findings).toMatchObject([{ code: 'unknown_event', severity: 'warning' }])
  })
})

test('only audiences look into the store', () => {
  const { findings } = checkJourney(
    journey('a', { entry: { on: [{ event: 'Order Completed' }], when: BOUGHT } }),
  )
  expect(findings).toMatchObject([
    { code: 'not_available', path: '/entry/when', severity: 'error' },
  ])
  expect(findings[0]?.message).toContain('audience')
})

test('did() answers what the scope holds for just these arguments', () => {
  const scope = (did?: Record<string, boolean>): ConditionScope => ({
    nowMs: 0,
    customer: {
      traits: {},
      has: {},
      lifecycle: 'new',
      consents: {},
      counters: {},
      returned: [],
      journeys: [],
      ...(did === undefined ? {} : { did }),
    },
    event: null,
    entry: null,
  })
  const key = '["Order Completed","products.product_id","P-17","P90D"]'
  expect(evaluateCondition(BOUGHT, scope({ [key]: true }))).toEqual({ ok: true, value: true })
  expect(evaluateCondition(BOUGHT, scope({ [key]: false }))).toEqual({ ok: true, value: false })
  expect(evaluateCondition(BOUGHT, scope())).toEqual({ ok: true, value: false })
})

import { expect, test } from 'vitest'
import type { JsonObject } from '../json.ts'
import { compileTrackingPlan } from './compile-tracking-plan.ts'
import type { TrackingPlan } from './tracking-plan.ts'

const schema = {
  type: 'object',
  required: ['order_id', 'currency'],
  properties: {
    order_id: { type: 'string', pattern: '^(a+)+$' },
    products: { type: 'array', items: { properties: { price: { type: 'number' } } } },
  },
  additionalProperties: false,
}
const judge = (plan: TrackingPlan, name: string, properties: JsonObject = {}) =>
  compileTrackingPlan(plan).judgeEvent?.(name, properties)

test('says of an event what in it is not as declared, and what in the schema says so', () => {
  const plan = { events: { A: { schema } } }
  expect(judge(plan, 'A', { order_id: 'aa', currency: 'EUR' })?.violations[0]).toMatchObject({
    path: '/currency',
    rule: '/additionalProperties',
  })
  expect(
    judge(plan, 'A', { order_id: 'b', products: [{ price: 1 }, { price: 'secret' }] }),
  ).toEqual({
    isDeclared: true,
    isRefused: false,
    violations: [
      { path: '/currency', rule: '/required/1', message: expect.stringContaining('currency') },
      { path: '/order_id', rule: '/properties/order_id/pattern', message: expect.any(String) },
      {
        path: '/products/1/price',
        rule: '/properties/products/items/properties/price/type',
        message: 'must be number',
      },
    ],
  })
})

test('names no value of anybody', () => {
  const strict = {
    properties: {
      a: { enum: ['x'] },
      b: { const: 'y' },
      c: { type: 'string', format: 'email' },
      d: { type: 'number', maximum: 3 },
    },
  }
  const said = { a: 'Ada', b: 'Ada', c: 'Ada', d: 1815 }
  const told = JSON.stringify(judge({ events: { A: { schema: strict } } }, 'A', said))
  expect(told).toContain('/properties/d/maximum')
  expect(told).not.toMatch(/Ada|1815/)
})

test('does not take what every object has for a property', () => {
  const violations = judge(
    { events: { A: { schema: { required: ['toString', 'constructor'] } } } },
    'A',
  )
  expect(violations?.violations).toHaveLength(2)
  expect(judge({ events: {} }, 'constructor')?.isDeclared).toBe(false)
})

test('answers at once where a pattern would take a backtracking engine for ever', () => {
  const plan = { events: { A: { schema } } }
  expect(judge(plan, 'A', { order_id: `${'a'.repeat(20_000)}!` })?.violations).toHaveLength(2)
})

test('refuses what is invalid or not declared only where the plan says so', () => {
  const events = { keep: { schema }, refuse: { schema, invalid: 'refuse' as const } }
  expect(judge({ events }, 'keep')).toMatchObject({ isDeclared: true, isRefused: false })
  expect(judge({ events }, 'refuse')).toMatchObject({ isDeclared: true, isRefused: true })
  expect(judge({ events }, 'refuse', { order_id: 'a', currency: 'x' })?.isRefused).toBe(true)
  expect(judge({ events }, 'other')).toMatchObject({ isDeclared: false, isRefused: false })
  expect(judge({ events, undeclared: 'refuse' }, 'other')).toMatchObject({ isRefused: true })
  expect(judge({ events, undeclared: 'refuse' }, 'keep')).toMatchObject({ isRefused: false })
})

test('says nothing about what it does not speak of', () => {
  expect(compileTrackingPlan({ traits: {} }).judgeEvent).toBeNull()
  expect(compileTrackingPlan({ events: {} }).judgeTrait).toBeNull()
})

test('judges values of traits', () => {
  const { judgeTrait } = compileTrackingPlan({
    traits: { tier: { schema: { enum: ['gold', 'silver'] } }, note: {} },
  })
  expect(judgeTrait?.('tier', 'gold')).toMatchObject({ isDeclared: true, violations: [] })
  expect(judgeTrait?.('tier', 'GOLD')?.violations).toMatchObject([{ path: '', rule: '/enum' }])
  expect(judgeTrait?.('note', 1)).toMatchObject({ isDeclared: true, violations: [] })
  expect(judgeTrait?.('size', 1)).toMatchObject({ isDeclared: false, violations: [] })
})

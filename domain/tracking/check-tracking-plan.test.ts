import { expect, test } from 'vitest'
import { checkTrackingPlan } from './check-tracking-plan.ts'

const codesOf = (document: unknown) =>
  checkTrackingPlan(document).findings.map(({ code, path }) => `${code} ${path}`)
const ofEvent = (schema: unknown) => ({ events: { A: { schema } } })

test('takes events and traits, with or without schemas', () => {
  const plan = {
    events: {
      'Order Completed': {
        description: 'Paid',
        owner: 'shop',
        schema: {
          type: 'object',
          required: ['order_id'],
          properties: {
            order_id: { type: 'string', pattern: '^[A-Z]-\\d+$' },
            email: { type: 'string', format: 'email' },
            products: { type: 'array', items: { $ref: '#/$defs/product' } },
          },
          $defs: { product: { type: 'object', required: ['sku'] } },
        },
        invalid: 'refuse',
      },
      'Page Viewed': {},
    },
    traits: { tier: { schema: { enum: ['gold', 'silver'] } } },
    undeclared: 'keep',
  }
  expect(checkTrackingPlan(plan)).toEqual({ document: plan, findings: [] })
  expect(checkTrackingPlan({}).document).toEqual({})
})

test('names every schema that is none, at its place', () => {
  expect(
    codesOf({
      events: {
        'A/b': { schema: { type: 'objekt', properties: { x: { minimum: '1' } } } },
        C: { schema: 'text' },
      },
      traits: { tier: { schema: { enum: 'gold' } } },
    }),
  ).toEqual(
    expect.arrayContaining([
      'bad_schema /events/A~1b/schema/type',
      'bad_schema /events/A~1b/schema/properties/x/minimum',
      'bad_schema /traits/tier/schema/enum',
      expect.stringMatching(/ \/events\/C\/schema$/),
    ]),
  )
})

test.each([
  ['a word that JSON Schema does not know', { typ: 'object' }, /typ/],
  ['a format that nobody knows', { properties: { x: { format: 'nope' } } }, /nope/],
  ['what is elsewhere', { $ref: 'https://example.com/order.json' }, /example\.com/],
  ['a pattern that takes for ever', { properties: { x: { pattern: '(a)\\1' } } }, /regexp/],
  ['an older draft', { $schema: 'http://json-schema.org/draft-07/schema#' }, /draft-07/],
  ['a look-up', { $async: true }, /\$async/],
])('refuses %s', (_, schema, message) => {
  const { document, findings } = checkTrackingPlan(ofEvent(schema))
  expect(document).toBeNull()
  expect(findings).toMatchObject([
    { code: 'bad_schema', path: expect.stringMatching(/^\/events\/A\/schema/) },
  ])
  expect(findings[0]?.message).toMatch(message)
})

test('warns of events that came lately and would be refused', () => {
  const known = {
    events: new Map([
      ['A', { count: 50, properties: new Set<string>() }],
      ['B', { count: 7, properties: new Set<string>() }],
    ]),
    traits: { customers: 0, names: new Set<string>() },
    journeys: [],
  }
  const plan = { events: { A: {} }, undeclared: 'refuse' }
  const { document, findings } = checkTrackingPlan(plan, known)
  expect(document).not.toBeNull()
  expect(findings).toMatchObject([{ code: 'refuses_seen_event', severity: 'warning' }])
  expect(findings[0]?.message).toContain('"B" came 7 times')
  expect(checkTrackingPlan({ events: { A: {} } }, known).findings).toEqual([])
})

import { expect, test } from 'vitest'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { countedEvents, countedFindings } from './counted-events.ts'

const event = { since: 1, counted: true, properties: {} }
const book = {
  lifecycle: DEFAULT_LIFECYCLE_RULES,
  events: { Counted: event, Read: { ...event, counted: false } },
}
const pathsOf = (...rules: NonNullable<Parameters<typeof countedFindings>[0]['rules']>) =>
  countedFindings({ rules }, countedEvents(book, [], {})).map(({ path }) => path)

test('refuses what is counted, and purchases, for less than P400D', () => {
  expect(pathsOf({ events: ['Counted', 'Order Completed', 'Read'], keepFor: 'P399D' })).toEqual([
    '/rules/0/keepFor',
    '/rules/0/keepFor',
  ])
  expect(pathsOf({ events: ['Counted', 'Order Completed'], keepFor: 'P400D' })).toEqual([])
})

test('takes it where the rule says so', () => {
  expect(pathsOf({ events: ['Counted'], keepFor: 'P1D', evenIfCounted: true })).toEqual([])
})

test('takes `*` for what no rule before it names', () => {
  const first = { events: ['Counted', 'Order Completed'], keepFor: 'P2Y' }
  expect(pathsOf(first, { events: '*', keepFor: 'P1D' })).toEqual([])
  expect(pathsOf({ events: '*', keepFor: 'P1D' })).toHaveLength(2)
})

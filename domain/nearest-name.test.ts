import { expect, test } from 'vitest'
import { nearestName } from './nearest-name.ts'

const KNOWN = ['Order Completed', 'Order Refunded', 'Product Viewed']

test.each([
  ['Order Complete', 'Order Completed'],
  ['order completed', 'Order Completed'],
  ['Produkt Viewed', 'Product Viewed'],
  ['Order Comlpeted', 'Order Completed'],
  ['Order Expired', null],
  ['Newsletter Opened', null],
  ['', null],
])('%s is most likely %s', (name, expected) => {
  expect(nearestName(name, KNOWN)).toBe(expected)
})

test('a name is never its own correction', () => {
  expect(nearestName('revenue', ['revenue'])).toBeNull()
})

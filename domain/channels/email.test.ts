import { expect, test } from 'vitest'
import { email } from './email.ts'

test.each([
  [{ email: 'ada@example.com' }, 'ada@example.com'],
  [{ email: ' Ada@Example.COM ' }, 'Ada@example.com'],
  [{ email: 'ada@' }, null],
  [{ email: '' }, null],
  [{ email: 7 }, null],
  [{}, null],
])('%j is mailed to at %j', (traits, address) => {
  expect(email.destination(traits, undefined)).toBe(address)
})

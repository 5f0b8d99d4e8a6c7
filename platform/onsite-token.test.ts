import { expect, test } from 'vitest'
import { readOnsite, signOnsite } from './onsite-token.ts'
import { signOpened } from './tracking-link.ts'

const SECRET = 'only for tests, and long enough for them'

test('leads back to the message, and nothing else does', () => {
  const token = signOnsite('m-1', SECRET)
  expect(readOnsite(token, SECRET)).toBe('m-1')
  expect(token).toMatch(/^[\w.-]+$/)
  for (const other of ['', 'x', `${token}x`, token.split('.')[0]!, signOpened('m-1', SECRET)])
    expect(readOnsite(other, SECRET)).toBeUndefined()
  expect(readOnsite(token, `${SECRET}.`)).toBeUndefined()
})

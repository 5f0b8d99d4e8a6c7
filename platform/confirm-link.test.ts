import { describe, expect, test } from 'vitest'
import { readConfirmLink, signConfirmLink } from './confirm-link.ts'
import { readLink, signLink } from './preference-link.ts'

const SECRET = 'a secret of more than thirty-two characters'
const SUBJECT = {
  requestId: '0198c0de-0000-7000-8000-000000000001',
  expiresAtMs: 1_800_000_000_000,
}
const token = signConfirmLink(SUBJECT, SECRET)

describe('the token of a link to confirm', () => {
  test('leads back to what it was made for, and needs no escaping', () => {
    expect(readConfirmLink(token, SECRET)).toEqual(SUBJECT)
    expect(encodeURIComponent(token)).toBe(token)
  })

  test('leads nowhere with any one character changed', () => {
    for (let at = 0; at < token.length; at++) {
      const forged = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
      expect(readConfirmLink(forged, SECRET)).toBeUndefined()
    }
  })

  test('is not a link to preferences, nor the other way round', () => {
    const subject = { customerId: 'c', purpose: 'p', channel: 'email', deliveryId: 'd' }
    expect(readLink(token, SECRET)).toBeUndefined()
    expect(readConfirmLink(signLink(subject, SECRET), SECRET)).toBeUndefined()
  })

  test('leads nowhere under another secret', () => {
    expect(readConfirmLink(token, `${SECRET}!`)).toBeUndefined()
  })
})

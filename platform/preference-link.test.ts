import { describe, expect, test } from 'vitest'
import { readLink, signLink } from './preference-link.ts'

const SECRET = 'a secret of more than thirty-two characters'
const SUBJECT = {
  customerId: '0198c0de-0000-7000-8000-000000000001',
  purpose: 'marketing',
  channel: 'email',
  deliveryId: '0198c0de-0000-7000-8000-000000000001.12.1.email',
}
const token = signLink(SUBJECT, SECRET)

describe('the token of a link', () => {
  test('leads back to what it was made for', () => {
    expect(readLink(token, SECRET)).toEqual(SUBJECT)
  })

  test('needs no escaping in an address', () => {
    const odd = signLink({ ...SUBJECT, channel: 'señal/ñ?&#" >' }, SECRET)
    expect(encodeURIComponent(odd)).toBe(odd)
    expect(readLink(odd, SECRET)?.channel).toBe('señal/ñ?&#" >')
  })

  test('leads nowhere with any one character changed, taken out or added', () => {
    for (let at = 0; at < token.length; at++) {
      const other = token[at] === 'A' ? 'B' : 'A'
      for (const forged of [
        token.slice(0, at) + other + token.slice(at + 1),
        token.slice(0, at) + token.slice(at + 1),
        token.slice(0, at) + other + token.slice(at),
      ])
        expect(readLink(forged, SECRET)).toBeUndefined()
    }
  })

  test.each(['', '.', 'x', 'x.y.z', `${token}.`, `${token}=`, token.split('.')[0] ?? '', '❤.❤'])(
    'leads nowhere as "%s"',
    (text) => expect(readLink(text, SECRET)).toBeUndefined(),
  )

  test('leads nowhere under another secret', () => {
    expect(readLink(token, `${SECRET}!`)).toBeUndefined()
  })
})

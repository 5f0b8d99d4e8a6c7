import { describe, expect, test } from 'vitest'
import { isSignedByMailgun, parseMailgun, readMailgun } from './mailgun.ts'

/** By Mailgun's rule, reckoned with another tool: `printf %s 1529006854a8ce0edb2dd8… | openssl dgst -sha256 -hmac key`. */
const SIGNED = {
  timestamp: '1529006854',
  token: 'a8ce0edb2dd8301dee6c2405235584e45aa91d1e9f979f3de0',
  signature: '7d3af4b2e7e2837012e92483952e32c8bfd9fa3d7455ee49cb35ec9b782b3b3b',
}
const KEY = 'a-signing-key-for-tests'
const NOW_MS = 1_529_006_900_000

const call = (event: object, signature: object = {}) => {
  const parsed = parseMailgun({ signature: { ...SIGNED, ...signature }, 'event-data': event })
  if (parsed === undefined) throw new Error('no call')
  return parsed
}

describe('a token of Mailgun', () => {
  const check = (signature: object = {}, key = KEY, nowMs = NOW_MS) =>
    isSignedByMailgun(call({ event: 'failed' }, signature), key, nowMs)

  test('is known', () => {
    expect(check()).toBe(true)
  })

  test('does not fit another key, token, instant or signature', () => {
    expect(check({}, 'another key')).toBe(false)
    expect(check({ token: `${SIGNED.token}0` })).toBe(false)
    expect(check({ timestamp: '1529006855' })).toBe(false)
    expect(check({ signature: SIGNED.signature.replace(/^./, '0') })).toBe(false)
    expect(check({ signature: '' })).toBe(false)
    expect(check({ signature: 'zz' })).toBe(false)
  })

  test('is good for a day', () => {
    expect(check({}, KEY, NOW_MS + 23 * 3_600_000)).toBe(true)
    expect(check({}, KEY, NOW_MS + 25 * 3_600_000)).toBe(false)
    expect(check({}, KEY, NOW_MS - 25 * 3_600_000)).toBe(false)
  })
})

describe('a call of Mailgun', () => {
  const message = { headers: { 'message-id': 'a.1.1.email@shop.example' } }
  const read = (event: object) => readMailgun(call({ message, ...event })).feedback

  // Members as its documentation of payloads shows them.
  test.each([
    [
      {
        event: 'failed',
        severity: 'permanent',
        reason: 'bounce',
        'delivery-status': { code: 550, message: '5.1.1 The email account does not exist' },
      },
      { kind: 'bounce', permanent: true, status: '5.1.1', recipient: null },
    ],
    [
      {
        event: 'failed',
        severity: 'permanent',
        reason: 'suppress-bounce',
        'delivery-status': {
          code: 605,
          message: '',
          description: 'Not delivering to previously bounced address',
        },
      },
      { kind: 'bounce', permanent: true, status: '5.0.0', recipient: null },
    ],
    [
      {
        event: 'failed',
        severity: 'permanent',
        reason: 'old',
        'delivery-status': { message: null },
      },
      { kind: 'bounce', permanent: false, status: '5.0.0', recipient: null },
    ],
    [
      { event: 'failed', severity: 'temporary', reason: 'generic' },
      { kind: 'notice', about: 'delay' },
    ],
    [{ event: 'complained' }, { kind: 'complaint', feedbackType: 'abuse' }],
    [{ event: 'opened' }, { kind: 'notice', about: 'delivery' }],
  ])('%j', (event, feedback) => {
    expect(read(event)).toEqual(feedback)
  })

  test('names the mail that it is about', () => {
    expect(readMailgun(call({ event: 'complained', message })).messageId).toBe(
      '<a.1.1.email@shop.example>',
    )
    expect(readMailgun(call({ event: 'complained' })).messageId).toBeUndefined()
  })

  test.each([undefined, null, [], {}, { signature: SIGNED }, { 'event-data': {} }])(
    '%j is none',
    (body) => {
      expect(parseMailgun(body)).toBeUndefined()
    },
  )
})

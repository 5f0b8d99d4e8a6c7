import { describe, expect, test } from 'vitest'
import { isSignedBySendGrid, readSendGrid } from './sendgrid.ts'

/** The values that SendGrid tests its own library with (sendgrid-nodejs, `packages/eventwebhook`, MIT). */
const PUBLISHED = {
  key: 'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEEDr2LjtURuePQzplybdC+u4CwrqDqBaWjcMMsTbhdbcwHBcepxo7yAQGhHPTnlvFYPAZFceEu/1FwCM/QmGUhA==',
  otherKey:
    'MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEqTxd43gyp8IOEto2LdIfjRQrIbsd4SXZkLW6jDutdhXSJCWHw8REntlo7aNDthvj+y7GjUuFDb/R1NGe1OPzpA==',
  signature:
    'MEUCIQCtIHJeH93Y+qpYeWrySphQgpNGNr/U+UyUlBkU6n7RAwIgJTz2C+8a8xonZGi6BpSzoQsbVRamr2nlxFDWYNH2j/0=',
  timestamp: '1588788367',
  body: '{"category":"example_payload","event":"test_event","message_id":"message_id"}',
}

describe('a signature of SendGrid', () => {
  const check = (changes: Partial<typeof PUBLISHED> = {}) => {
    const { body, key, ...signed } = { ...PUBLISHED, ...changes }
    return isSignedBySendGrid(Buffer.from(body), signed, key)
  }

  test('is known, by the published values', () => {
    expect(check()).toBe(true)
  })

  test.each<[string, Partial<typeof PUBLISHED>]>([
    ['another key', { key: PUBLISHED.otherKey }],
    ['another body', { body: 'payload' }],
    ['another signature', { signature: PUBLISHED.signature.replace('WYNH2', 'WYNH3') }],
    ['no signature', { signature: '' }],
    ['no base64', { signature: '***' }],
    ['another timestamp', { timestamp: 'timestamp' }],
    ['no timestamp', { timestamp: '' }],
  ])('does not fit %s', (_, changes) => {
    expect(check(changes)).toBe(false)
  })
})

describe('an event of SendGrid', () => {
  const read = (event: object) => readSendGrid([{ 'smtp-id': '<a@b>', ...event }])?.[0]
  const bounce = (permanent: boolean, status: string) => ({
    kind: 'bounce',
    permanent,
    status,
    recipient: null,
  })

  // Events as its reference shows them.
  test.each([
    [
      { event: 'bounce', type: 'bounce', status: '5.0.0', reason: '500 unknown recipient' },
      bounce(true, '5.0.0'),
    ],
    [{ event: 'bounce', type: 'blocked', status: '5.7.1' }, bounce(false, '5.7.1')],
    [{ event: 'bounce', type: 'bounce', status: '4.4.7' }, bounce(false, '4.4.7')],
    [{ event: 'dropped', reason: 'Bounced Address', status: '5.0.0' }, bounce(true, '5.0.0')],
    [{ event: 'dropped', reason: 'Unsubscribed Address' }, bounce(false, '5.0.0')],
    [{ event: 'spamreport' }, { kind: 'complaint', feedbackType: 'abuse' }],
    [{ event: 'deferred' }, { kind: 'notice', about: 'delay' }],
    [
      { event: 'open', sg_machine_open: true },
      { kind: 'notice', about: 'delivery' },
    ],
    [{ event: 7 }, null],
  ])('%j is %j', (event, feedback) => {
    expect(read(event)?.feedback).toEqual(feedback)
  })

  test('names the mail that it is about', () => {
    expect(read({ event: 'spamreport' })?.messageId).toBe('<a@b>')
  })

  test('stands in a list', () => {
    expect(readSendGrid({ event: 'bounce' })).toBeUndefined()
    expect(readSendGrid([7, null])).toEqual(
      [7, null].map(() => ({ messageId: undefined, feedback: null })),
    )
  })
})

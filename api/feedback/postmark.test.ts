import { describe, expect, test } from 'vitest'
import { isKnownToPostmark, readPostmark } from './postmark.ts'

const KEY = 'rumbo:a-password-for-tests'
const basic = (text: string) => `Basic ${Buffer.from(text).toString('base64')}`

describe('what Postmark brings along', () => {
  test('is the user and the password of the webhook’s address', () => {
    expect(isKnownToPostmark(basic(KEY), KEY)).toBe(true)
  })

  test.each(['', basic('rumbo:another'), basic('rumbo'), `Bearer ${KEY}`, KEY, 'Basic'])(
    'is not "%s"',
    (authorization) => {
      expect(isKnownToPostmark(authorization, KEY)).toBe(false)
    },
  )
})

/** As Postmark shows it at postmarkapp.com/email-webhooks; types as in its Bounce API. */
const BOUNCE = {
  RecordType: 'Bounce',
  ID: 42,
  Type: 'HardBounce',
  TypeCode: 1,
  Name: 'Hard bounce',
  Tag: 'Test',
  MessageID: '883953f4-6105-42a2-a16a-77a8eac79483',
  Description:
    'The server was unable to deliver your message (ex: unknown user, mailbox not found).',
  Details: 'smtp;550 5.1.1 The email account that you tried to reach does not exist',
  Email: 'john@example.com',
  BouncedAt: '2014-08-01T13:28:10.2735393-04:00',
  Inactive: true,
  CanActivate: true,
  Subject: 'Test subject',
  Metadata: { delivery: 'ada.1.1.email' },
}

describe('a call of Postmark', () => {
  const feedbackOf = (changes: object) => readPostmark({ ...BOUNCE, ...changes })?.feedback

  test('names the delivery that went along as metadata', () => {
    expect(readPostmark(BOUNCE)).toEqual({
      deliveryId: 'ada.1.1.email',
      messageId: undefined,
      feedback: { kind: 'bounce', permanent: true, status: '5.1.1', recipient: null },
    })
    const named = (Metadata: unknown) => readPostmark({ ...BOUNCE, Metadata })?.deliveryId
    expect(named({ Delivery: 'ada.1.1.email' })).toBe('ada.1.1.email')
    expect(named({})).toBeUndefined()
    expect(named({ delivery: 43 })).toBeUndefined()
    expect(named(undefined)).toBeUndefined()
  })

  test.each([
    ['BadEmailAddress', true],
    ['SoftBounce', false],
    ['SpamNotification', false],
    ['Blocked', false],
    ['DnsError', false],
  ])('"%s": for good? %s', (Type, permanent) => {
    expect(feedbackOf({ Type, Details: '' })).toEqual({
      kind: 'bounce',
      permanent,
      status: '5.0.0',
      recipient: null,
    })
  })

  test('complaints are told as a record of their own, and as a bounce', () => {
    const complaint = { kind: 'complaint', feedbackType: 'abuse' }
    expect(feedbackOf({ RecordType: 'SpamComplaint', Type: 'SpamComplaint' })).toEqual(complaint)
    expect(feedbackOf({ Type: 'SpamComplaint' })).toEqual(complaint)
  })

  test.each([
    [{ Type: 'Transient' }, 'delay'],
    [{ Type: 'AutoResponder' }, 'auto-reply'],
    [{ RecordType: 'Delivery', Type: undefined }, 'delivery'],
    [{ RecordType: 'Open', Type: undefined }, 'delivery'],
  ])('%j says nothing of a bounce', (changes, about) => {
    expect(feedbackOf(changes)).toEqual({ kind: 'notice', about })
  })

  test('what has no record is none', () => {
    expect(readPostmark({})).toBeUndefined()
    expect(readPostmark(undefined)).toBeUndefined()
  })
})

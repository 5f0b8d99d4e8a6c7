import { sign } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { createTestCertificate } from '../../test/support/certificate.ts'
import {
  certificateUrlOf,
  isSignedBySns,
  parseSns,
  subscribeUrlOf,
  type SnsEnvelope,
} from './sns.ts'

const TOPIC = 'arn:aws:sns:us-west-2:123456789012:MyTopic'
const ORIGIN = 'https://sns.us-west-2.amazonaws.com'
const CERTIFICATE_URL = `${ORIGIN}/SimpleNotificationService-0123456789abcdef0123456789abcdef.pem`

/** As Amazon SNS's documentation shows them ("HTTP/HTTPS notification JSON format", "… subscription confirmation …"). */
const NOTIFICATION = {
  Type: 'Notification',
  MessageId: '22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324',
  TopicArn: TOPIC,
  Subject: 'My First Message',
  Message: 'Hello world!',
  Timestamp: '2012-05-02T00:54:06.655Z',
  SignatureVersion: '1',
  Signature: '',
  SigningCertURL: CERTIFICATE_URL,
  UnsubscribeURL: `${ORIGIN}/?Action=Unsubscribe`,
}
const CONFIRMATION = {
  Type: 'SubscriptionConfirmation',
  MessageId: '165545c9-2a5c-472c-8df2-7ff2be2b3b1b',
  Token: '2336412f37',
  TopicArn: TOPIC,
  Message: 'You have chosen to subscribe to the topic.',
  SubscribeURL: `${ORIGIN}/?Action=ConfirmSubscription&TopicArn=${TOPIC}&Token=2336412f37`,
  Timestamp: '2012-04-26T20:45:04.751Z',
  SignatureVersion: '1',
  Signature: '',
  SigningCertURL: CERTIFICATE_URL,
}
/** By "Verifying the signatures of Amazon SNS messages": names and values in the order of the alphabet, a line each. */
const TEXT = [
  'Message\nHello world!\nMessageId\n22b80b92-fdea-4c2c-8f9d-bdfb0c7bf324\n',
  'Subject\nMy First Message\nTimestamp\n2012-05-02T00:54:06.655Z\n',
  `TopicArn\n${TOPIC}\nType\nNotification\n`,
].join('')
const CONFIRMATION_TEXT = [
  'Message\nYou have chosen to subscribe to the topic.\n',
  'MessageId\n165545c9-2a5c-472c-8df2-7ff2be2b3b1b\n',
  `SubscribeURL\n${CONFIRMATION.SubscribeURL}\nTimestamp\n2012-04-26T20:45:04.751Z\n`,
  `Token\n2336412f37\nTopicArn\n${TOPIC}\nType\nSubscriptionConfirmation\n`,
].join('')

const from = new Date('2026-01-01T00:00:00Z')
const to = new Date('2027-01-01T00:00:00Z')
const NOW_MS = Date.parse('2026-11-28T00:00:00Z')
const { pem, privateKey } = createTestCertificate(from, to)
const signed = (hash: 'sha1' | 'sha256', text: string, key = privateKey) =>
  sign(hash, Buffer.from(text), key).toString('base64')

function envelope(body: object): SnsEnvelope {
  const parsed = parseSns(body)
  if (parsed === undefined) throw new Error('no call')
  return parsed
}

describe('a signature of Amazon SNS', () => {
  const check = (changes: object, certificate = pem, nowMs = NOW_MS) =>
    isSignedBySns(envelope({ ...NOTIFICATION, ...changes }), certificate, nowMs)

  test('is known in both versions', () => {
    expect(check({ Signature: signed('sha1', TEXT) })).toBe(true)
    expect(check({ Signature: signed('sha256', TEXT), SignatureVersion: '2' })).toBe(true)
  })

  test('leaves out a subject that there is not', () => {
    const text = TEXT.replace('Subject\nMy First Message\n', '')
    for (const Subject of [undefined, null])
      expect(check({ Subject, Signature: signed('sha1', text) })).toBe(true)
  })

  test('is over other members where a subscription is to be confirmed', () => {
    const Signature = signed('sha256', CONFIRMATION_TEXT)
    const call = { ...CONFIRMATION, SignatureVersion: '2', Signature }
    expect(isSignedBySns(envelope(call), pem, NOW_MS)).toBe(true)
    const another = { ...call, SubscribeURL: call.SubscribeURL.replace('2336', '2337') }
    expect(isSignedBySns(envelope(another), pem, NOW_MS)).toBe(false)
  })

  test('does not fit what it was not made for', () => {
    const Signature = signed('sha256', TEXT)
    const right = { Signature, SignatureVersion: '2' }
    expect(check({ ...right, Message: 'Hello' })).toBe(false)
    expect(check({ ...right, Subject: 'x' })).toBe(false)
    expect(check({ ...right, TopicArn: `${TOPIC}2` })).toBe(false)
    expect(check({ ...right, SignatureVersion: '1' })).toBe(false)
    expect(check({ ...right, Signature: '' })).toBe(false)
    const other = createTestCertificate(from, to)
    expect(check({ ...right, Signature: signed('sha256', TEXT, other.privateKey) })).toBe(false)
    expect(check(right, other.pem)).toBe(false)
    expect(check(right, 'no certificate')).toBe(false)
  })

  test('is good while the certificate holds', () => {
    const right = { Signature: signed('sha1', TEXT) }
    expect(check(right, pem, from.getTime() - 1_000)).toBe(false)
    expect(check(right, pem, to.getTime() + 1_000)).toBe(false)
  })
})

describe('the certificate', () => {
  const urlOf = (SigningCertURL: string, topic = TOPIC) =>
    certificateUrlOf(envelope({ ...NOTIFICATION, SigningCertURL }), topic)

  test('is with the host of the topic', () => {
    expect(urlOf(CERTIFICATE_URL)).toBe(CERTIFICATE_URL)
    const china = 'arn:aws-cn:sns:cn-north-1:123456789012:MyTopic'
    const url = CERTIFICATE_URL.replace('us-west-2', 'cn-north-1').replace('.com/', '.com.cn/')
    const call = envelope({ ...NOTIFICATION, TopicArn: china, SigningCertURL: url })
    expect(certificateUrlOf(call, china)).toBe(url)
  })

  test.each([
    CERTIFICATE_URL.replace('https:', 'http:'),
    CERTIFICATE_URL.replace('us-west-2', 'us-east-1'),
    CERTIFICATE_URL.replace('amazonaws.com', 'amazonaws.com.evil.example'),
    CERTIFICATE_URL.replace('sns.', 's3.'),
    CERTIFICATE_URL.replace('.com/', '.com:8443/'),
    CERTIFICATE_URL.replace('https://', 'https://evil.example/@'),
    CERTIFICATE_URL.replace('.pem', '.pem/../x'),
    `${ORIGIN}/other.pem`,
    'http://169.254.169.254/latest/meta-data',
    'file:///etc/passwd',
    '',
  ])('is not at "%s"', (url) => {
    expect(urlOf(url)).toBeUndefined()
  })

  test('is none of a topic that is not ours, whoever signs for it', () => {
    expect(urlOf(CERTIFICATE_URL, `${TOPIC}2`)).toBeUndefined()
    expect(urlOf(CERTIFICATE_URL, TOPIC.replace('123456789012', '210987654321'))).toBeUndefined()
  })
})

describe('a subscription', () => {
  const urlOf = (changes: object) =>
    subscribeUrlOf(envelope({ ...CONFIRMATION, ...changes }), TOPIC)

  test('is confirmed with Amazon', () => {
    expect(urlOf({})).toBe(CONFIRMATION.SubscribeURL)
  })

  test.each([
    [{ SubscribeURL: 'https://evil.example/?Action=ConfirmSubscription' }],
    [{ SubscribeURL: `${ORIGIN}/?Action=Publish` }],
    [{ SubscribeURL: undefined }],
    [{ Type: 'UnsubscribeConfirmation' }],
  ])('and with nobody else: %j', (changes) => {
    expect(urlOf(changes)).toBeUndefined()
  })
})

test('what is no call of SNS is none', () => {
  expect(parseSns({ ...NOTIFICATION, SignatureVersion: '3' })).toBeUndefined()
  expect(parseSns({})).toBeUndefined()
  expect(parseSns(undefined)).toBeUndefined()
})

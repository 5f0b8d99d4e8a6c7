import { createHash, createHmac } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { isSignedByVonage, parseVonage, readVonage } from './vonage.ts'

/** Of the tests of Vonage's own library for PHP (Vonage/vonage-php-sdk-core, test/Client/SignatureTest.php). */
const INBOUND = {
  'message-timestamp': '2013-11-21 15:27:30',
  messageId: '020000001B0FE827',
  msisdn: '14843472194',
  text: 'Test again',
  timestamp: '1385047698',
  to: '13239877404',
  type: 'text',
}
const SECRET = 'my_secret_key_for_testing'
const SHA256 = 'DDB8397C2B90AAC7F3882D306475C9A5058C92322EEF43C92B298B6E0FC0D330'
const SHA512 =
  'E0D3C650F8C9D1A5C174D10DDDBFB003E561F59B265616208B0487C5D819481CD3C311D59CF6165ECD1139622D5BA3A256C0D763AC4A9AD9144B5A426B94FE82'

describe('a signature of Vonage', () => {
  test.each([SHA256, SHA512, SHA256.toLowerCase()])('is known: %s', (sig) => {
    expect(isSignedByVonage({ ...INBOUND, sig }, SECRET)).toBe(true)
  })

  test('is over values whose "&" and "=" are written as "_"', () => {
    const params = { b: 'Test & and =', a: '1' }
    const sig = createHmac('sha256', SECRET).update('&a=1&b=Test _ and _').digest('hex')
    expect(isSignedByVonage({ ...params, sig }, SECRET)).toBe(true)
  })

  test.each<[string, Record<string, string>]>([
    ['another value', { text: 'Test' }],
    ['a parameter more', { nonce: '1' }],
    ['another signature', { sig: SHA256.replace(/^./, '0') }],
    ['no signature', { sig: '' }],
    ['no hexadecimal', { sig: 'zz' }],
    ['MD5, which is not believed', { sig: 'd2e7b1dc968737c5998ad624e02f90b7' }],
  ])('does not fit %s', (_, changes) => {
    expect(isSignedByVonage({ ...INBOUND, sig: SHA256, ...changes }, SECRET)).toBe(false)
  })

  test('does not fit another secret', () => {
    expect(isSignedByVonage({ ...INBOUND, sig: SHA256 }, 'another')).toBe(false)
    const bare = createHash('sha256').update('').digest('hex')
    expect(isSignedByVonage({ sig: bare }, SECRET)).toBe(false)
  })
})

/** Members as in Vonage's "Delivery receipts", codes as in its "SMS Delivery Error Codes and Descriptions". */
describe('a delivery receipt', () => {
  const RECEIPT = {
    msisdn: '351912345678',
    to: 'Shop',
    'network-code': '26806',
    messageId: '0A0000001234567B',
    price: '0.03330000',
    status: 'delivered',
    scts: '2001011400',
    'err-code': '0',
    'api-key': 'abcd1234',
    'client-ref': 'ada.1.1.sms',
    'message-timestamp': '2020-01-01 12:00:00',
  }
  const feedbackOf = (status: string, code: string) =>
    readVonage({ ...RECEIPT, status, 'err-code': code }).feedback

  test('is read as JSON and as a form', () => {
    const form = new URLSearchParams(RECEIPT).toString()
    expect(parseVonage(form, 'application/x-www-form-urlencoded')).toEqual(RECEIPT)
    expect(parseVonage(JSON.stringify(RECEIPT), 'application/json')).toEqual(RECEIPT)
    expect(parseVonage('{"timestamp":1}', 'application/json')).toEqual({ timestamp: '1' })
    expect(parseVonage('<x/>', 'application/json')).toBeUndefined()
    expect(parseVonage('{"a":{}}', 'application/json')).toBeUndefined()
  })

  test('names the delivery that went along', () => {
    expect(readVonage(RECEIPT)).toEqual({
      deliveryId: 'ada.1.1.sms',
      messageId: undefined,
      feedback: { kind: 'delivered' },
    })
  })

  test.each([
    ['failed', '3', true, 'vonage_report_3'],
    ['rejected', '4', true, 'vonage_report_4'],
    ['failed', '9', true, 'vonage_report_9'],
    ['failed', '2', false, 'vonage_report_2'],
    ['expired', '1', false, 'vonage_report_1'],
    ['expired', '0', false, 'vonage_expired'],
    ['failed', '', false, 'vonage_failed'],
  ])('"%s" with %s: for good? %s', (status, code, permanent, reason) => {
    expect(feedbackOf(status, code)).toEqual({ kind: 'undelivered', permanent, reason })
  })

  test.each(['accepted', 'buffered', 'unknown'])('"%s" says nothing', (status) => {
    expect(feedbackOf(status, '0')).toMatchObject({ kind: 'notice' })
  })

  test('what is not known is not understood', () => {
    expect(feedbackOf('seen', '0')).toBeNull()
  })
})

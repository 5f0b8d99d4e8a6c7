import { describe, expect, test } from 'vitest'
import { isSignedByTwilio, readTwilio } from './twilio.ts'

/** The example of Twilio's own documentation and helper libraries ("Validate Incoming Requests"). */
const URL_CALLED = 'https://mycompany.com/myapp.php?foo=1&bar=2'
const FORM = {
  CallSid: 'CA1234567890ABCDE',
  Caller: '+14158675309',
  Digits: '1234',
  From: '+14158675309',
  To: '+18005551212',
}
const SIGNATURE = 'RSOYDt4T1cUTdK1PDd93/VVr8B8='

describe('a signature of Twilio', () => {
  const check = ({
    url = URL_CALLED,
    form = FORM,
    signature = SIGNATURE,
    token = '12345',
  }: {
    url?: string
    form?: Record<string, string>
    signature?: string
    token?: string
  } = {}) => isSignedByTwilio({ url, form: new URLSearchParams(form) }, signature, token)

  test('is known, in whatever order the parameters come', () => {
    expect(check()).toBe(true)
    const reversed = Object.fromEntries(Object.entries(FORM).toReversed())
    expect(check({ form: reversed })).toBe(true)
  })

  test('is known with a port that Twilio leaves out', () => {
    expect(check({ url: URL_CALLED.replace('.com', '.com:443') })).toBe(true)
    expect(check({ url: URL_CALLED.replace('.com', '.com:8443') })).toBe(true)
  })

  test.each([
    ['another address', { url: URL_CALLED.replace('bar=2', 'bar=3') }],
    ['another host', { url: URL_CALLED.replace('mycompany', 'yourcompany') }],
    ['no address', { url: '/myapp.php?foo=1&bar=2' }],
    ['another value', { form: { ...FORM, Digits: '1235' } }],
    ['a parameter more', { form: { ...FORM, Extra: '' } }],
    ['another token', { token: '12346' }],
    ['another signature', { signature: SIGNATURE.replace('R', 'S') }],
    ['no signature', { signature: '' }],
  ])('does not fit %s', (_, changes) => {
    expect(check(changes)).toBe(false)
  })
})

/** Parameters as in "Track the Message Status of Outbound Messages", codes as in Twilio's dictionary of errors. */
describe('a status callback', () => {
  const read = (form: Record<string, string>, query = 'delivery=ada.1.1.sms') =>
    readTwilio(new URLSearchParams(query), new URLSearchParams(form))
  const feedbackOf = (MessageStatus: string, ErrorCode?: string) =>
    read({ MessageStatus, ...(ErrorCode === undefined ? {} : { ErrorCode }) }).feedback

  test('names the delivery that we gave along, and what Twilio knows the message by', () => {
    expect(read({ MessageSid: 'SM1', MessageStatus: 'delivered' })).toEqual({
      deliveryId: 'ada.1.1.sms',
      messageId: 'SM1',
      feedback: { kind: 'delivered' },
    })
    expect(read({}, 'delivery=a%20b').deliveryId).toBeUndefined()
    expect(read({}, '').deliveryId).toBeUndefined()
  })

  test.each([
    ['undelivered', '30005', true, 'twilio_30005'],
    ['failed', '21610', true, 'twilio_21610'],
    ['undelivered', '30003', false, 'twilio_30003'],
    ['undelivered', '30006', false, 'twilio_30006'],
    ['failed', '30007', false, 'twilio_30007'],
    ['failed', undefined, false, 'twilio_failed'],
    ['failed', 'x y', false, 'twilio_failed'],
  ])('"%s" with %s: for good? %s', (status, code, permanent, reason) => {
    expect(feedbackOf(status, code)).toEqual({ kind: 'undelivered', permanent, reason })
  })

  test.each(['queued', 'sending', 'sent'])('"%s" says nothing yet', (status) => {
    expect(feedbackOf(status)).toMatchObject({ kind: 'notice' })
  })

  test('what is not known is not understood', () => {
    expect(feedbackOf('read')).toBeNull()
  })
})

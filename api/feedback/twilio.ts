import { createHmac, timingSafeEqual } from 'node:crypto'
import { TWILIO_DEAD } from '../../domain/channels/dead-numbers.ts'
import { asDeliveryId, type ProviderReport } from './provider-report.ts'

/** What a call of Twilio's webhooks is signed over. */
interface TwilioCall {
  /** As Twilio was given it. */
  readonly url: string
  readonly form: URLSearchParams
}

/**
 * Whether Twilio made the call: HMAC-SHA1 with the account's auth token over the URL and every parameter,
 * sorted, each name followed by its value (twilio.com/docs/usage/webhooks/webhooks-security). Whatever
 * parameters it adds are signed too. With and without the port, since Twilio itself does not keep to either.
 */
export function isSignedByTwilio(
  { url, form }: TwilioCall,
  signature: string,
  authToken: string,
): boolean {
  const names = [...new Set(form.keys())].toSorted()
  const text = names
    .flatMap((name) => [...new Set(form.getAll(name))].toSorted().map((value) => name + value))
    .join('')
  const given = Buffer.from(signature, 'base64')
  return urlsOf(url).some((each) => {
    const expected = createHmac('sha1', authToken)
      .update(each + text)
      .digest()
    return given.length === expected.length && timingSafeEqual(given, expected)
  })
}

function urlsOf(text: string): string[] {
  const url = URL.parse(text)
  if (url === null) return []
  const { protocol, hostname, port, pathname, search } = url
  const usual = protocol === 'https:' ? '443' : '80'
  const end = `${pathname}${search}`
  return [`:${port === '' ? usual : port}`, ''].map(
    (suffix) => `${protocol}//${hostname}${suffix}${end}`,
  )
}

/** What a status callback says of the delivery that its URL names. */
export function readTwilio(query: URLSearchParams, form: URLSearchParams): ProviderReport {
  return {
    deliveryId: asDeliveryId(query.get('delivery')),
    messageId: form.get('MessageSid') ?? undefined,
    feedback: feedbackOf(form.get('MessageStatus') ?? '', form.get('ErrorCode') ?? ''),
  }
}

function feedbackOf(status: string, code: string): ProviderReport['feedback'] {
  switch (status) {
    case 'delivered':
      return { kind: 'delivered' }
    case 'undelivered':
    case 'failed': {
      const reason = /^\d{1,6}$/.test(code) ? `twilio_${code}` : `twilio_${status}`
      // 30006 is a landline or a short code that gets through nowhere: nobody can tell which.
      return { kind: 'undelivered', permanent: TWILIO_DEAD.has(code), reason }
    }
    case 'accepted':
    case 'scheduled':
    case 'queued':
    case 'sending':
    case 'sent':
      return { kind: 'notice', about: 'delay' }
    default:
      return null
  }
}

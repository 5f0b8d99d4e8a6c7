import { createHmac, timingSafeEqual } from 'node:crypto'
import { z } from 'zod'
import { asDeliveryId, type ProviderReport } from './provider-report.ts'

/** A delivery receipt of Vonage's SMS API: flat, every value a text. */
export type VonageReceipt = Readonly<Record<string, string>>

const receiptSchema = z.record(z.string(), z.union([z.string(), z.number()]).transform(String))

/** A receipt as Vonage posts it, a form or JSON as the account is set; undefined where it is none. */
export function parseVonage(body: string, contentType: string): VonageReceipt | undefined {
  if (contentType.startsWith('application/x-www-form-urlencoded'))
    return Object.fromEntries(new URLSearchParams(body))
  try {
    return receiptSchema.safeParse(JSON.parse(body)).data
  } catch {
    return undefined
  }
}

/** The method is the account's; what is weaker is not believed. */
const HASHES: Readonly<Record<number, string>> = { 32: 'sha256', 64: 'sha512' }

/**
 * Whether Vonage signed the receipt: `sig`, an HMAC over all other parameters, sorted, with `&` and `=` in
 * values written as `_` (developer.vonage.com, "Signing Messages"; the SMS API has no other way, JWTs sign
 * those of the newer ones). When it was signed does not matter: what is sent again changes nothing.
 */
export function isSignedByVonage({ sig = '', ...signed }: VonageReceipt, secret: string): boolean {
  const given = Buffer.from(sig, 'hex')
  const hash = HASHES[given.length]
  if (hash === undefined) return false
  const text = Object.entries(signed)
    .toSorted(([one], [other]) => (one < other ? -1 : 1))
    .map(([name, value]) => `&${name}=${value.replaceAll(/[&=]/g, '_')}`)
    .join('')
  return timingSafeEqual(createHmac(hash, secret).update(text).digest(), given)
}

/**
 * Codes after which a number is of no use: not active any more, barred, or its owner wants none of these
 * messages ("Vonage SMS Delivery Error Codes and Descriptions").
 */
const DEAD = new Set(['3', '4', '9'])

/** What a receipt says of the delivery that went along as `client-ref`. */
export const readVonage = (receipt: VonageReceipt): ProviderReport => ({
  deliveryId: asDeliveryId(receipt['client-ref']),
  // A long text has several, each part one of its own.
  messageId: undefined,
  feedback: feedbackOf(receipt['status'] ?? '', receipt['err-code'] ?? ''),
})

function feedbackOf(status: string, code: string): ProviderReport['feedback'] {
  switch (status) {
    case 'delivered':
      return { kind: 'delivered' }
    case 'expired':
    case 'failed':
    case 'rejected': {
      const reason = /^[1-9]\d{0,3}$/.test(code) ? `vonage_report_${code}` : `vonage_${status}`
      return { kind: 'undelivered', permanent: DEAD.has(code), reason }
    }
    case 'accepted':
    case 'buffered':
      return { kind: 'notice', about: 'delay' }
    // It does not know itself.
    case 'unknown':
      return { kind: 'notice', about: 'delivery' }
    default:
      return null
  }
}

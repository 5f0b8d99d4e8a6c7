import { smsLength } from '../../domain/channels/sms-segments.ts'
import { verdictOfStatus } from '../../domain/http-status.ts'
import { afterOf, detailOf, jsonOf, member, textOf } from '../provider-answer.ts'
import { reportsAt, type SmsProvider } from './sms-provider.ts'

export interface VonageSettings {
  readonly provider: 'vonage'
  readonly apiKey: string
  readonly apiSecret: string
  /** A number or a name of up to eleven letters. */
  readonly from: string
  /** What its reports are signed with. Undefined: none are asked for, for none would be believed. */
  readonly signatureSecret?: string | undefined
  /** Where Rumbo is reached from the internet. Undefined: no reports are asked for. */
  readonly publicUrl?: string | undefined
  /** Default: the provider's own. */
  readonly baseUrl?: string
}

/** The number is barred, of no network, or cannot be reached. */
const DEAD = new Set(['7'])
/** The message is at fault, or the number is. The rest is our account's affair, or passes. */
const REFUSED = new Set(['2', '3', '6', '7', '12', '15'])

/** Vonage's SMS API, which answers 200 with a status of its own. Our key goes along as `client-ref`. */
export function createVonage({
  apiKey,
  apiSecret,
  from,
  signatureSecret,
  publicUrl,
  baseUrl = 'https://rest.nexmo.com',
}: VonageSettings): SmsProvider {
  const reports =
    publicUrl === undefined || signatureSecret === undefined
      ? {}
      : { callback: reportsAt('vonage', publicUrl) }
  return {
    request: ({ to, text, idempotencyKey }) => ({
      url: `${baseUrl}/sms/json`,
      method: 'POST',
      headers: {
        'content-type': 'application/json',
        accept: 'application/json',
        'idempotency-key': idempotencyKey,
      },
      body: JSON.stringify({
        api_key: apiKey,
        api_secret: apiSecret,
        from: from.replace(/^\+/, ''),
        to: to.replace(/^\+/, ''),
        text,
        ...(smsLength(text).encoding === 'ucs2' ? { type: 'unicode' } : {}),
        ...reports,
        'client-ref': idempotencyKey.slice(-CLIENT_REF_MAX),
      }),
    }),

    read(answer, { to }) {
      const verdict = verdictOfStatus(answer.status)
      if (verdict !== 'done') {
        const reason = `http_${answer.status}`
        return { type: 'unavailable', reason, ...afterOf(answer) }
      }
      const messages = member(jsonOf(answer), 'messages')
      const parts: unknown[] = Array.isArray(messages) ? messages : []
      const failed = parts.find((part) => textOf(member(part, 'status')) !== '0')
      if (parts.length === 0) return { type: 'unknown', reason: 'vonage_unreadable' }
      if (failed === undefined)
        return { type: 'sent', providerId: textOf(member(parts[0], 'message-id')) ?? null }
      const status = textOf(member(failed, 'status')) ?? 'none'
      const trouble = { reason: `vonage_${status}`, ...detailOf(member(failed, 'error-text')) }
      // Some of its parts went out: not to be sent again.
      if (parts[0] !== failed) return { type: 'unknown', ...trouble }
      if (!REFUSED.has(status)) return { type: 'unavailable', ...trouble, ...afterOf(answer) }
      return { type: 'refused', ...trouble, ...(DEAD.has(status) ? { dead: [to] } : {}) }
    },
  }
}

const CLIENT_REF_MAX = 100

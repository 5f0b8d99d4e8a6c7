import { TWILIO_DEAD } from '../../domain/channels/dead-numbers.ts'
import { verdictOfStatus } from '../../domain/http-status.ts'
import { afterOf, detailOf, jsonOf, member, textOf } from '../provider-answer.ts'
import { reportsAt, type SmsProvider } from './sms-provider.ts'

export interface TwilioSettings {
  readonly provider: 'twilio'
  readonly accountSid: string
  readonly authToken: string
  /** A number in E.164, a sender name, or the id of a messaging service (`MG…`). */
  readonly from: string
  /** Where Rumbo is reached from the internet. Undefined: no reports of deliveries are asked for. */
  readonly publicUrl?: string | undefined
  /** Default: the provider's own. */
  readonly baseUrl?: string
}

/** Not paid, not allowed, no such sender: our affair, and no reason to give up on a customer. */
const OURS = new Set([401, 402, 403, 404])

/** Twilio's Messages API. It drops no repeats; our key goes along for whoever stands between. */
export function createTwilio({
  accountSid,
  authToken,
  from,
  publicUrl,
  baseUrl = 'https://api.twilio.com',
}: TwilioSettings): SmsProvider {
  const authorization = `Basic ${Buffer.from(`${accountSid}:${authToken}`).toString('base64')}`
  const sender = /^MG[0-9a-f]{32}$/i.test(from) ? { MessagingServiceSid: from } : { From: from }
  // It signs the address with what it tells, and so the delivery.
  const reports = (deliveryId: string) =>
    publicUrl === undefined
      ? {}
      : {
          StatusCallback: `${reportsAt('twilio', publicUrl)}?delivery=${encodeURIComponent(deliveryId)}`,
        }
  return {
    request: ({ to, text, idempotencyKey }) => ({
      url: `${baseUrl}/2010-04-01/Accounts/${encodeURIComponent(accountSid)}/Messages.json`,
      method: 'POST',
      headers: {
        authorization,
        'content-type': 'application/x-www-form-urlencoded',
        'idempotency-key': idempotencyKey,
      },
      body: new URLSearchParams({
        To: to,
        ...sender,
        Body: text,
        ...reports(idempotencyKey),
      }).toString(),
    }),

    read(answer, { to }) {
      const json = jsonOf(answer)
      const verdict = verdictOfStatus(answer.status)
      if (verdict === 'done')
        return { type: 'sent', providerId: textOf(member(json, 'sid')) ?? null }
      const code = textOf(member(json, 'code'))
      const reason = code === undefined ? `http_${answer.status}` : `twilio_${code}`
      const trouble = { reason, ...detailOf(member(json, 'message')) }
      if (code !== undefined && TWILIO_DEAD.has(code))
        return { type: 'refused', ...trouble, dead: [to] }
      if (verdict === 'later' || OURS.has(answer.status))
        return { type: 'unavailable', ...trouble, ...afterOf(answer) }
      return { type: 'refused', ...trouble }
    },
  }
}

import { verdictOfStatus } from '../../domain/http-status.ts'
import type { Http } from '../http.ts'
import { afterOf, detailOf, jsonOf, member, textOf } from '../provider-answer.ts'
import type { PushAnswer, PushProvider } from './push-provider.ts'

export interface ExpoSettings {
  readonly accessToken: string
  /** Default: the provider's own. */
  readonly baseUrl?: string
}

/** How tokens of this provider look; all others are taken for those of Firebase. */
export const isExpoToken = (token: string): boolean => /^Expo(?:nent)?PushToken\[.+\]$/.test(token)

/** Expo's push service: all devices in one call, a ticket for each. Its later receipts are not asked for. */
export function createExpo(
  http: Http,
  { accessToken, baseUrl = 'https://exp.host' }: ExpoSettings,
): PushProvider {
  return {
    async push({ tokens, content: { title, text, link }, idempotencyKey, timeoutMs }) {
      const messages = tokens.map((to) => ({
        to,
        title,
        body: text,
        data: { deliveryId: idempotencyKey, ...(link === undefined ? {} : { link }) },
      }))
      const answer = await http.call(
        {
          url: `${baseUrl}/--/api/v2/push/send`,
          method: 'POST',
          headers: {
            accept: 'application/json',
            'content-type': 'application/json',
            authorization: `Bearer ${accessToken}`,
          },
          body: JSON.stringify(messages),
        },
        timeoutMs,
      )
      const all = (one: PushAnswer): PushAnswer[] => tokens.map(() => one)
      if (answer.type === 'badUrl') return all({ type: 'unavailable', reason: 'bad_provider_url' })
      if (answer.type === 'failed')
        return all({ type: 'unavailable', reason: answer.reason, detail: answer.detail })
      const json = jsonOf(answer)
      const verdict = verdictOfStatus(answer.status)
      const reason = `http_${answer.status}`
      if (verdict === 'later' || answer.status === 401 || answer.status === 403)
        return all({ type: 'unavailable', reason, ...afterOf(answer) })
      if (verdict === 'refused') return all({ type: 'refused', reason })
      const data = member(json, 'data')
      const tickets: unknown[] = Array.isArray(data) ? data : []
      return tokens.map((_, index) => readTicket(tickets[index]))
    },
  }
}

/** Errors that are our affair, or that pass. */
const LATER = new Set(['MessageRateExceeded', 'InvalidCredentials', 'ProviderError', 'ExpoError'])

function readTicket(ticket: unknown): PushAnswer {
  if (member(ticket, 'status') === 'ok')
    return { type: 'sent', providerId: textOf(member(ticket, 'id')) ?? null }
  const error = textOf(member(member(ticket, 'details'), 'error')) ?? ''
  const reason = /^\w+$/.test(error) ? `expo_${error.toLowerCase()}` : 'expo_error'
  const trouble = { reason, ...detailOf(member(ticket, 'message')) }
  if (error === 'DeviceNotRegistered') return { type: 'dead', ...trouble }
  return { type: LATER.has(error) ? 'unavailable' : 'refused', ...trouble }
}

import { verdictOfStatus } from '../../domain/http-status.ts'
import type { Http, HttpRequest } from '../http.ts'
import { afterOf, detailOf, jsonOf, member, textOf } from '../provider-answer.ts'
import type { PushAnswer, PushProvider } from './push-provider.ts'

export interface ExpoSettings {
  readonly accessToken: string
  /** Default: the provider's own. */
  readonly baseUrl?: string
}

const EXPO_URL = 'https://exp.host'

/** A call of Expo's push service. */
export const expoRequest = (
  { accessToken, baseUrl = EXPO_URL }: ExpoSettings,
  action: 'send' | 'getReceipts',
  body: unknown,
): HttpRequest => ({
  url: `${baseUrl}/--/api/v2/push/${action}`,
  method: 'POST',
  headers: {
    accept: 'application/json',
    'content-type': 'application/json',
    authorization: `Bearer ${accessToken}`,
  },
  body: JSON.stringify(body),
})

/** How tokens of this provider look; all others are taken for those of Firebase. */
export const isExpoToken = (token: string): boolean => /^Expo(?:nent)?PushToken\[.+\]$/.test(token)

/** Expo's push service: all devices in one call, a ticket for each, by which a receipt is asked for later. */
export function createExpo(http: Http, settings: ExpoSettings): PushProvider {
  return {
    async push({ tokens, content: { title, text, link }, idempotencyKey, timeoutMs }) {
      const messages = tokens.map((to) => ({
        to,
        title,
        body: text,
        data: { deliveryId: idempotencyKey, ...(link === undefined ? {} : { link }) },
      }))
      const answer = await http.call(expoRequest(settings, 'send', messages), timeoutMs)
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
    return { type: 'sent', providerId: textOf(member(ticket, 'id')) ?? null, isAskedLater: true }
  const { error, reason } = readExpoError(ticket)
  const trouble = { reason, ...detailOf(member(ticket, 'message')) }
  if (error === 'DeviceNotRegistered') return { type: 'dead', ...trouble }
  return { type: LATER.has(error) ? 'unavailable' : 'refused', ...trouble }
}

/** What a ticket or a receipt says went wrong, and the code that it is known by here. */
export function readExpoError(told: unknown): { error: string; reason: string } {
  const error = textOf(member(member(told, 'details'), 'error')) ?? ''
  return { error, reason: /^\w+$/.test(error) ? `expo_${error.toLowerCase()}` : 'expo_error' }
}

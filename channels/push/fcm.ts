import { createHash } from 'node:crypto'
import { verdictOfStatus } from '../../domain/http-status.ts'
import type { Http } from '../http.ts'
import { afterOf, detailOf, jsonOf, member, textOf, type Answered } from '../provider-answer.ts'
import { createGoogleTokens } from './google-token.ts'
import type { PushAnswer, PushProvider, PushRequest } from './push-provider.ts'

/** The file that Google makes for a service account, as far as it is needed. */
export interface ServiceAccount {
  readonly project_id: string
  readonly client_email: string
  readonly private_key: string
  readonly token_uri: string
}

export interface FcmSettings {
  readonly account: ServiceAccount
  /** Default: the provider's own. */
  readonly baseUrl?: string
}

/** Firebase Cloud Messaging over HTTP v1, which takes one device at a time. */
export function createFcm(
  http: Http,
  { account, baseUrl = 'https://fcm.googleapis.com' }: FcmSettings,
): PushProvider {
  const tokens = createGoogleTokens(http, account)
  const url = `${baseUrl}/v1/projects/${encodeURIComponent(account.project_id)}/messages:send`

  const pushTo = async (
    token: string,
    { content, idempotencyKey, timeoutMs }: PushRequest,
    bearer: string,
  ): Promise<PushAnswer> => {
    const message = messageTo(token, content, idempotencyKey)
    const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ message })
    const answer = await http.call({ url, method: 'POST', headers, body }, timeoutMs)
    if (answer.type === 'badUrl') return { type: 'unavailable', reason: 'bad_provider_url' }
    if (answer.type === 'failed')
      return { type: 'unavailable', reason: answer.reason, detail: answer.detail }
    if (answer.status === 401) tokens.forget()
    return read(answer)
  }

  return {
    async push(request) {
      const startedAt = performance.now()
      const access = await tokens.get(request.timeoutMs)
      if (!access.ok) {
        const { ok: _, ...trouble } = access
        return request.tokens.map(() => ({ type: 'unavailable', ...trouble }))
      }
      const leftMs = Math.max(1, request.timeoutMs - (performance.now() - startedAt))
      const left = { ...request, timeoutMs: leftMs }
      return Promise.all(request.tokens.map((token) => pushTo(token, left, access.token)))
    },
  }
}

/** What a device shows in place of what it has shown under the same name. Apple takes 64 bytes. */
const shortName = (key: string): string =>
  createHash('sha256').update(key).digest('base64url').slice(0, 32)

const messageTo = (
  token: string,
  { title, text, link }: PushRequest['content'],
  idempotencyKey: string,
) => ({
  token,
  notification: { title, body: text },
  data: { deliveryId: idempotencyKey, ...(link === undefined ? {} : { link }) },
  android: { notification: { tag: shortName(idempotencyKey) } },
  apns: { headers: { 'apns-collapse-id': shortName(idempotencyKey) } },
  ...(link?.startsWith('https://') === true ? { webpush: { fcm_options: { link } } } : {}),
})

function read(answer: Answered): PushAnswer {
  const json = jsonOf(answer)
  const verdict = verdictOfStatus(answer.status)
  if (verdict === 'done') return { type: 'sent', providerId: textOf(member(json, 'name')) ?? null }
  const error = member(json, 'error')
  const code = errorCode(error)
  const reason = code === undefined ? `http_${answer.status}` : `fcm_${code.toLowerCase()}`
  const trouble = { reason, ...detailOf(member(error, 'message')) }
  if (code === 'UNREGISTERED') return { type: 'dead', ...trouble }
  // No right to send is our affair, and no reason to give up on a customer.
  if (verdict === 'later' || answer.status === 401 || code === 'THIRD_PARTY_AUTH_ERROR')
    return { type: 'unavailable', ...trouble, ...afterOf(answer) }
  return { type: 'refused', ...trouble }
}

/** Its own code where it gives one, else that of Google's APIs. */
function errorCode(error: unknown): string | undefined {
  const details = member(error, 'details')
  const own = (Array.isArray(details) ? details : []).map((each) =>
    textOf(member(each, 'errorCode')),
  )
  const code = own.find((each) => each !== undefined) ?? textOf(member(error, 'status'))
  return code !== undefined && /^[A-Z_]+$/.test(code) ? code : undefined
}

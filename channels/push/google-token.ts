import { createSign } from 'node:crypto'
import type { Http } from '../http.ts'
import { jsonOf, member, textOf } from '../provider-answer.ts'
import type { ServiceAccount } from './fcm.ts'

const SCOPE = 'https://www.googleapis.com/auth/firebase.messaging'
const LIFE_SECONDS = 3_600
/** A token that ends so soon is not begun with. */
const SPARE_MS = 60_000

/** A token to call the provider with, or why there is none now. */
export type AccessToken =
  | { readonly ok: true; readonly token: string }
  | { readonly ok: false; readonly reason: string; readonly detail?: string }

export interface GoogleTokens {
  readonly get: (timeoutMs: number) => Promise<AccessToken>
  /** The provider did not take it: the next one is a new one. */
  readonly forget: () => void
}

/**
 * Access tokens of a service account: a JWT signed with its key (RFC 7523), given for a token that
 * holds for an hour and is kept as long. Sends at once ask once.
 */
export function createGoogleTokens(http: Http, account: ServiceAccount): GoogleTokens {
  let held: { token: string; untilMs: number } | undefined
  let asking: Promise<AccessToken> | undefined

  const ask = async (timeoutMs: number): Promise<AccessToken> => {
    const nowMs = Date.now()
    const answer = await http.call(
      {
        url: account.token_uri,
        method: 'POST',
        headers: { 'content-type': 'application/x-www-form-urlencoded' },
        body: new URLSearchParams({
          grant_type: 'urn:ietf:params:oauth:grant-type:jwt-bearer',
          assertion: signed(account, Math.floor(nowMs / 1000)),
        }).toString(),
      },
      timeoutMs,
    )
    if (answer.type === 'badUrl') return { ok: false, reason: 'fcm_token_bad_url' }
    if (answer.type === 'failed')
      return { ok: false, reason: `fcm_token_${answer.reason}`, detail: answer.detail }
    const json = jsonOf(answer)
    const token = textOf(member(json, 'access_token'))
    if (token === undefined) return { ok: false, reason: `fcm_token_http_${answer.status}` }
    const seconds = Number(member(json, 'expires_in') ?? LIFE_SECONDS)
    held = { token, untilMs: nowMs + seconds * 1_000 - SPARE_MS }
    return { ok: true, token }
  }

  return {
    async get(timeoutMs) {
      if (held !== undefined && held.untilMs > Date.now()) return { ok: true, token: held.token }
      asking ??= ask(timeoutMs).finally(() => {
        asking = undefined
      })
      return asking
    },
    forget: () => {
      held = undefined
    },
  }
}

function signed(account: ServiceAccount, nowSeconds: number): string {
  const encode = (part: object): string => Buffer.from(JSON.stringify(part)).toString('base64url')
  const claims = {
    iss: account.client_email,
    scope: SCOPE,
    aud: account.token_uri,
    iat: nowSeconds,
    exp: nowSeconds + LIFE_SECONDS,
  }
  const unsigned = `${encode({ alg: 'RS256', typ: 'JWT' })}.${encode(claims)}`
  const signature = createSign('RSA-SHA256').update(unsigned).sign(account.private_key)
  return `${unsigned}.${signature.toString('base64url')}`
}

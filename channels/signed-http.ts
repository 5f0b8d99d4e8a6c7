import { Webhook } from 'standardwebhooks'
import { createHttp, type HttpAnswer } from './http.ts'

export type { HttpAnswer } from './http.ts'

export interface SignedHttpSettings {
  /** Shared with the receivers: `whsec_` and base64, as in Standard Webhooks. */
  readonly secret: string
}

export interface SignedRequest {
  /** Idempotency key, sent as `webhook-id`: a receiver that has seen it drops the repeat. */
  readonly id: string
  readonly url: string
  readonly method: 'POST' | 'PUT' | 'GET'
  /** JSON text; undefined: no body. */
  readonly body?: string
  /** The customer is a test customer: the receiver is told. */
  readonly test: boolean
}

export interface SignedHttp {
  /** One request; ends within `timeoutMs`, follows no redirect, reads at most 64 KB of the answer. */
  readonly call: (request: SignedRequest, timeoutMs: number) => Promise<HttpAnswer>
  /** Breaks off what is under way. */
  readonly close: () => void
}

/**
 * HTTP requests signed as in Standard Webhooks (standardwebhooks.com). Dots in an id, which the
 * signature uses, are written as `_`.
 */
export function createSignedHttp({ secret }: SignedHttpSettings): SignedHttp {
  const signer = new Webhook(secret)
  const http = createHttp()

  return {
    async call({ id: key, url, method, body, test }, timeoutMs) {
      const id = key.replaceAll('.', '_')
      const now = new Date()
      const headers = {
        'webhook-id': id,
        'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
        'webhook-signature': signer.sign(id, now, body ?? ''),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...(test ? { 'x-rumbo-test': 'true' } : {}),
      }
      return http.call({ url, method, headers, ...(body === undefined ? {} : { body }) }, timeoutMs)
    },

    close: http.close,
  }
}

import { Webhook } from 'standardwebhooks'

const ANSWER_BYTES_MAX = 64 * 1024

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

export type HttpAnswer =
  | {
      readonly type: 'answered'
      readonly status: number
      /** Null: longer than 64 KB, or it broke off. */
      readonly body: string | null
      /** How long the receiver asks to be left alone. */
      readonly afterMs?: number
    }
  /** The URL can never be called: malformed, not HTTP, or with credentials in it. */
  | { readonly type: 'badUrl' }
  /** Nobody answered. `reason` is a code, `detail` what the system said. */
  | { readonly type: 'failed'; readonly reason: string; readonly detail: string }

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
  const closing = new AbortController()

  return {
    async call({ id: key, url, method, body, test }, timeoutMs) {
      const id = key.replaceAll('.', '_')
      const now = new Date()
      const request = requestTo(url, {
        method,
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'user-agent': 'Rumbo',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': signer.sign(id, now, body ?? ''),
          ...(body === undefined ? {} : { 'content-type': 'application/json' }),
          ...(test ? { 'x-rumbo-test': 'true' } : {}),
        },
        ...(body === undefined ? {} : { body }),
      })
      if (!request) return { type: 'badUrl' }
      try {
        const response = await fetch(request)
        const { status, headers } = response
        const afterMs = retryAfterMs(headers.get('retry-after'))
        return {
          type: 'answered',
          status,
          // The status is the answer. A body that breaks off afterwards does not change it.
          body: await readSome(response).catch(() => null),
          ...(afterMs === undefined ? {} : { afterMs }),
        }
      } catch (error) {
        return { type: 'failed', ...troubleOf(error as Error) }
      }
    },

    close: () => closing.abort(),
  }
}

function requestTo(url: string, init: RequestInit): Request | undefined {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return undefined
  try {
    return new Request(url, init)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

/** Reads a short answer, so that its connection can be used again, and lets go of a long one. */
async function readSome({ body }: Response): Promise<string | null> {
  if (!body) return ''
  const chunks: Uint8Array[] = []
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES_MAX) return null
    chunks.push(chunk)
  }
  return Buffer.concat(chunks).toString('utf8')
}

function troubleOf(error: Error): { reason: string; detail: string } {
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : error.name
  return { reason: `http_${code.toLowerCase()}`, detail: error.message }
}

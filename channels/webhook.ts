import { Webhook } from 'standardwebhooks'
import type { Channel, ChannelAnswer, Trouble } from './channel.ts'

const CONCURRENCY_MAX = 50
const ANSWER_BYTES_MAX = 64 * 1024
/** Answers that say "later", beside all of 5xx: time-out, too early, too many. */
const LATER = new Set([408, 425, 429])

export interface WebhookSettings {
  /** Shared with the receivers: `whsec_` and base64, as in Standard Webhooks. */
  readonly secret: string
}

/**
 * HTTP POST of JSON, signed as in Standard Webhooks (standardwebhooks.com). `webhook-id` is the
 * idempotency key (dots, which the signature uses, written as `_`): a receiver that has seen it drops
 * the repeat, so a call that nobody answered may be made again.
 */
export function createWebhookChannel({ secret }: WebhookSettings): Channel<'webhook'> {
  const signer = new Webhook(secret)
  const closing = new AbortController()

  return {
    name: 'webhook',
    takesIdempotencyKey: true,
    concurrencyMax: CONCURRENCY_MAX,

    async send({ idempotencyKey, to, content, test }, timeoutMs) {
      const id = idempotencyKey.replaceAll('.', '_')
      const body = JSON.stringify(content.body)
      const now = new Date()
      const request = requestTo(to, {
        method: 'POST',
        body,
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(timeoutMs)]),
        headers: {
          'content-type': 'application/json',
          'user-agent': 'Rumbo',
          'webhook-id': id,
          'webhook-timestamp': String(Math.floor(now.getTime() / 1000)),
          'webhook-signature': signer.sign(id, now, body),
          ...(test ? { 'x-rumbo-test': 'true' } : {}),
        },
      })
      if (!request) return { type: 'refused', reason: 'bad_url', detail: to }
      try {
        const response = await fetch(request)
        // The status is the answer. A body that breaks off afterwards does not change it.
        await readSome(response).catch(() => {})
        return answerTo(response)
      } catch (error) {
        return { type: 'unavailable', ...troubleOf(error as Error) }
      }
    },

    async close() {
      closing.abort()
    },
  }
}

/** Undefined where the URL can never be called: malformed, not HTTP, or with credentials in it. */
function requestTo(url: string, init: RequestInit): Request | undefined {
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol)) return undefined
  try {
    return new Request(url, init)
  } catch (error) {
    if (error instanceof TypeError) return undefined
    throw error
  }
}

function answerTo({ ok, status, headers }: Response): ChannelAnswer {
  if (ok) return { type: 'sent', providerId: null }
  const reason = `http_${status}`
  if (status < 500 && !LATER.has(status)) return { type: 'refused', reason }
  const afterMs = retryAfterMs(headers.get('retry-after'))
  return { type: 'unavailable', reason, ...(afterMs === undefined ? {} : { afterMs }) }
}

/** Seconds or an HTTP date (RFC 9110 §10.2.3). */
function retryAfterMs(header: string | null): number | undefined {
  if (header === null) return undefined
  const ms = /^\d+$/.test(header) ? Number(header) * 1000 : Date.parse(header) - Date.now()
  return Number.isFinite(ms) && ms > 0 ? ms : undefined
}

/** Reads a short answer so that its connection can be used again, and lets go of a long one. */
async function readSome({ body }: Response): Promise<void> {
  if (!body) return
  let bytes = 0
  for await (const chunk of body) {
    bytes += chunk.byteLength
    if (bytes > ANSWER_BYTES_MAX) return
  }
}

function troubleOf(error: Error): Trouble {
  const { cause } = error
  const code = cause instanceof Error && 'code' in cause ? String(cause.code) : error.name
  return { reason: `http_${code.toLowerCase()}`, detail: error.message }
}

const ANSWER_BYTES_MAX = 64 * 1024

export interface HttpRequest {
  readonly url: string
  readonly method: 'POST' | 'PUT' | 'GET'
  readonly headers: Readonly<Record<string, string>>
  /** Undefined: no body. */
  readonly body?: string
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

export interface Http {
  /** One request; ends within `timeoutMs`, follows no redirect, reads at most 64 KB of the answer. */
  readonly call: (request: HttpRequest, timeoutMs: number) => Promise<HttpAnswer>
  /** Breaks off what is under way. */
  readonly close: () => void
}

/** HTTP requests that end in time, whatever the other side does. */
export function createHttp(): Http {
  const closing = new AbortController()

  return {
    async call({ url, method, headers, body }, timeoutMs) {
      const request = requestTo(url, {
        method,
        redirect: 'manual',
        signal: AbortSignal.any([closing.signal, AbortSignal.timeout(Math.ceil(timeoutMs))]),
        headers: { 'user-agent': 'Rumbo', ...headers },
        ...(body === undefined ? {} : { body }),
      })
      if (!request) return { type: 'badUrl' }
      try {
        const response = await fetch(request)
        const { status } = response
        const afterMs = retryAfterMs(response.headers.get('retry-after'))
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

import { z } from 'zod'
import type { JsonValue } from '../../domain/json.ts'
import { StartError } from '../../platform/exit-with.ts'

const PAGE_SIZE = 200

const problem = z.object({
  type: z.string(),
  title: z.string(),
  detail: z.string().optional(),
  findings: z.array(z.object({ path: z.string(), message: z.string() })).default([]),
})

/** The server refused a call, or failed at it. */
export class CallRefused extends Error {
  override readonly name = 'CallRefused'
  /** As in `docs/problems.md`; empty where the answer was none of Rumbo's. */
  readonly code: string
  readonly status: number
  readonly answer: unknown

  constructor(call: string, status: number, answer: unknown) {
    const { data } = problem.safeParse(answer)
    const findings = (data?.findings ?? []).map(({ path, message }) => `\n  ${path} ${message}`)
    super(`${call}: ${data?.detail ?? data?.title ?? `status ${status}`}${findings.join('')}`)
    this.status = status
    this.answer = answer
    this.code = data?.type.split('#')[1] ?? ''
  }
}

export interface RumboClient {
  readonly url: string
  /**
   * The answer to one call, trusted to be what `openapi.json` says.
   *
   * @throws {StartError} nobody there, or not with this key: the whole demo cannot go on
   * @throws {CallRefused} anything else that is no success
   */
  readonly call: <T>(method: 'GET' | 'POST' | 'PUT', path: string, body?: JsonValue) => Promise<T>
  /** A whole list, following its cursors. */
  readonly list: <T>(path: string) => Promise<T[]>
}

export function createRumboClient({
  url,
  key,
  signal,
}: {
  url: string
  key: string
  /** Ends calls that are under way. */
  signal?: AbortSignal
}): RumboClient {
  const call: RumboClient['call'] = async <T>(method: string, path: string, body?: JsonValue) => {
    const answer = await fetchFrom(url, path, {
      method,
      headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal === undefined ? {} : { signal }),
    })
    if (answer.status === 401)
      throw new StartError(
        `The server at ${url} does not know this key. Set RUMBO_API_KEY to one of its keys.`,
      )
    const said: unknown = await answer.json().catch(() => undefined)
    if (answer.ok) return said as T
    const refused = new CallRefused(`${method} ${path}`, answer.status, said)
    if (answer.status !== 403) throw refused
    throw new StartError(
      `The demo needs a key with the scopes ingest, read, publish and operate. ${refused.message}`,
    )
  }
  const list = async <T>(path: string): Promise<T[]> => {
    const found: T[] = []
    for (let cursor: string | null = ''; cursor !== null;) {
      const query = new URLSearchParams({ limit: String(PAGE_SIZE), ...(cursor && { cursor }) })
      const page: { data: T[]; nextCursor: string | null } = await call(
        'GET',
        `${path}?${query.toString()}`,
      )
      found.push(...page.data)
      cursor = page.nextCursor
    }
    return found
  }
  return { url, call, list }
}

async function fetchFrom(url: string, path: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(`${url}${path}`, init)
  } catch (error) {
    // A fetch that finds nobody is a TypeError; one that is ended from here is not.
    if (!(error instanceof TypeError)) throw error
    throw new StartError(
      `No server answers at ${url}. Start one with "npm start", or set RUMBO_URL and RUMBO_API_KEY.`,
    )
  }
}

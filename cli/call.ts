import type { ClientResponse } from 'hono/client'
import type { SuccessStatusCode } from 'hono/utils/http-status'
import type { Finding } from '../domain/errors.ts'
import { EXIT } from './exit-codes.ts'
import { CommandFailure, Outage, Refused } from './failures.ts'

type Told<Response> =
  Response extends ClientResponse<infer Body, infer Status, infer _Format>
    ? Status extends SuccessStatusCode
      ? Body
      : never
    : never

/** As many as a page of a list may have. */
const PAGE = 200

/**
 * The body of a call that succeeded.
 *
 * @throws {Refused} with the server's findings
 * @throws {Outage} nobody there, no service, or a fault of the server
 */
export async function answerOf<Response extends ClientResponse<unknown, number>>(
  call: Promise<Response>,
): Promise<Told<Response>> {
  const response = await call
  if (!response.ok) throw await failureOf(response)
  return (await response.json()) as Told<Response>
}

/** The same; undefined where there is no such thing. */
export async function answerIfAny<Response extends ClientResponse<unknown, number>>(
  call: Promise<Response>,
): Promise<Told<Response> | undefined> {
  try {
    return await answerOf(call)
  } catch (error) {
    if (error instanceof Refused && error.status === 404) return undefined
    throw error
  }
}

type LoadPage<Row> = (page: {
  limit: string
  cursor?: string
}) => Promise<{ readonly data: readonly Row[]; readonly nextCursor: string | null }>

interface ListLimit {
  readonly atMost?: number | undefined
}

/** A whole list, following its cursors. */
export async function everyPage<Row>(load: LoadPage<Row>, limit: ListLimit = {}): Promise<Row[]> {
  const found: Row[] = []
  for await (const page of pagesOf(load, limit)) found.push(...page)
  return found
}

/** The same page by page, for lists that may be longer than one would keep in memory. */
export async function* pagesOf<Row>(
  load: LoadPage<Row>,
  { atMost = Number.POSITIVE_INFINITY }: ListLimit = {},
): AsyncGenerator<readonly Row[]> {
  let left = atMost
  let cursor: string | null = ''
  while (cursor !== null && left > 0) {
    const limit = String(Math.min(PAGE, left))
    const page = await load({ limit, ...(cursor !== '' && { cursor }) })
    yield page.data
    left -= page.data.length
    cursor = page.nextCursor
  }
}

/** A path parameter, which the client puts into the path as it is. */
export const inPath = encodeURIComponent

interface Problem {
  readonly type?: string
  readonly title?: string
  readonly detail?: string
  readonly findings?: readonly Finding[]
}

/** What an answer that is no success means. */
export async function failureOf(
  response: Pick<ClientResponse<unknown, number>, 'status' | 'json'>,
): Promise<CommandFailure> {
  const { status } = response
  const said: unknown = await response.json().catch(() => undefined)
  const problem: Problem = typeof said === 'object' && said !== null ? said : {}
  const message = problem.detail ?? problem.title ?? `The server answered with status ${status}.`
  const findings = problem.findings ?? []
  if (status === 401)
    return new CommandFailure(
      EXIT.outage,
      'unauthenticated',
      'The server does not know this key. Set RUMBO_API_KEY to one of its keys.',
    )
  if (status === 429 || status >= 500) return new Outage(message)
  return new Refused(status, { code: problem.type?.split('#')[1] ?? 'refused', message, findings })
}

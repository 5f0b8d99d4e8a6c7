import type { Context } from 'hono'
import { HTTPException } from 'hono/http-exception'
import { routePath } from 'hono/route'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { isStoreDown } from '../db/store-down.ts'
import { DomainError, type DomainErrorCode, type Finding } from '../domain/errors.ts'
import { StoreBusyError } from '../operations/accept-events.ts'
import type { ApiDeps } from './deps.ts'
import type { ApiEnv } from './env.ts'

/** Seconds after which a caller may try again what failed because SQL or the engine was away. */
const AWAY_RETRY_AFTER_S = 5
/** A clock that is still being moved: look again soon. */
const PENDING_RETRY_AFTER_S = 1

interface ProblemKind {
  readonly status: ContentfulStatusCode
  readonly title: string
}

const REFUSALS = {
  malformed: { status: 400, title: 'The request is malformed' },
  unauthenticated: { status: 401, title: 'A key is needed' },
  forbidden: { status: 403, title: 'The key may not do this' },
  not_found: { status: 404, title: 'There is no such thing' },
  conflict: { status: 409, title: 'The request conflicts with what is there' },
  newer_version: { status: 409, title: 'A newer version was published' },
  time_travel_pending: { status: 409, title: 'The clock has not arrived yet' },
  too_large: { status: 413, title: 'The request is too large' },
  unsupported_media_type: { status: 415, title: 'The body must be JSON' },
  unacceptable: { status: 422, title: 'The request cannot be accepted' },
  idempotency_key_reused: { status: 422, title: 'The idempotency key belongs to another request' },
  time_travel_off: { status: 422, title: 'Time travel is switched off' },
} as const satisfies Record<DomainErrorCode, ProblemKind>

const FAILURES = {
  rate_limited: { status: 429, title: 'Too many requests' },
  internal: { status: 500, title: 'Something broke on our side' },
  engine_down: { status: 503, title: 'The engine cannot be reached' },
  provider_down: { status: 503, title: 'A provider cannot be reached' },
  store_down: { status: 503, title: 'The store cannot be reached' },
} as const satisfies Record<string, ProblemKind>

/** Every problem this API answers with. `docs/problems.md` has a section for each. */
export const PROBLEMS = { ...REFUSALS, ...FAILURES }
export type ProblemCode = keyof typeof PROBLEMS

/** Too many requests with one key. */
export class RateLimited extends Error {
  override readonly name = 'RateLimited'
  readonly retryAfterS: number

  constructor(retryAfterS: number) {
    super('This key sends more requests than it may.')
    this.retryAfterS = retryAfterS
  }
}

/** What a request is about is with somebody else, who is not to be had now. */
export class ProviderDown extends Error {
  override readonly name = 'ProviderDown'
}

/** Answers with one problem document (RFC 9457). */
export function problem(
  c: Context<ApiEnv>,
  code: ProblemCode,
  detail: string,
  findings: readonly Finding[] = [],
  details: DomainError['details'] = {},
): Response {
  const { status, title } = PROBLEMS[code]
  return c.json(
    {
      type: `/docs/problems.md#${code}`,
      title,
      status,
      detail,
      instance: c.get('requestId'),
      findings,
      ...details,
    },
    status,
    { 'content-type': 'application/problem+json' },
  )
}

/** Turns whatever a handler threw into the problem that the caller may see; logs what is ours to mend. */
export const answerError =
  ({ log }: Pick<ApiDeps, 'log'>) =>
  (error: Error, c: Context<ApiEnv>): Response => {
    if (error instanceof DomainError) return refuse(c, error)
    if (error instanceof RateLimited) {
      c.header('retry-after', String(error.retryAfterS))
      return problem(c, 'rate_limited', error.message)
    }
    if (error instanceof HTTPException && error.status < 500)
      return problem(c, codeOfStatus(error.status), error.message)
    const failure = { requestId: c.get('requestId'), route: routePath(c), err: error }
    if (isStoreDown(error) || error instanceof StoreBusyError) {
      log.warn(failure, 'A request failed because the store cannot be reached')
      c.header('retry-after', String(AWAY_RETRY_AFTER_S))
      return problem(
        c,
        'store_down',
        'The store cannot be reached. Nothing was changed; try again.',
      )
    }
    if (isEngineAway(error)) {
      log.warn(failure, 'A request failed because the engine cannot be reached')
      c.header('retry-after', String(AWAY_RETRY_AFTER_S))
      return problem(c, 'engine_down', 'The engine cannot be reached now. Try again.')
    }
    if (error instanceof ProviderDown) {
      log.warn(failure, 'A request failed because a provider cannot be reached')
      c.header('retry-after', String(AWAY_RETRY_AFTER_S))
      return problem(c, 'provider_down', error.message)
    }
    log.error(failure, 'A request failed')
    return problem(c, 'internal', 'The request could not be completed. The log has the details.')
  }

function refuse(c: Context<ApiEnv>, error: DomainError): Response {
  if (error.code === 'unauthenticated')
    c.header('www-authenticate', 'Bearer realm="rumbo", Basic realm="rumbo"')
  if (error.code === 'time_travel_pending') c.header('retry-after', String(PENDING_RETRY_AFTER_S))
  return problem(c, error.code, error.message, error.findings, error.details)
}

/** gRPC's words for it. */
const UNAVAILABLE = 14
const DEADLINE_EXCEEDED = 4

/** The client wraps what gRPC says. */
function isEngineAway(error: Error): boolean {
  const { cause } = error
  if (!(cause instanceof Error) || !('code' in cause)) return false
  return cause.code === UNAVAILABLE || cause.code === DEADLINE_EXCEEDED
}

function codeOfStatus(status: number): ProblemCode {
  const refusal = Object.entries(REFUSALS).find(([, kind]) => kind.status === status)
  return (refusal?.[0] as ProblemCode | undefined) ?? 'malformed'
}

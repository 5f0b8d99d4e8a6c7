import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import {
  claimIdempotencyKey,
  deleteClaim,
  findClaim,
  markClaimAnswered,
  type Claim,
  type ClaimId,
} from '../../db/idempotency-keys.ts'
import { DomainError } from '../../domain/errors.ts'
import type { JsonValue } from '../../domain/json.ts'
import type { ApiDeps } from '../deps.ts'
import type { ApiEnv } from '../env.ts'

const LONGEST = 255
/** How long a repeat waits for the first request before it is told to come back. */
const PATIENCE_MS = 5_000
const LOOK_EVERY_MS = 100

/**
 * Answers a repeated command with what the first one got: same `Idempotency-Key`, same key, method,
 * path and body. An answer of ours that failed (5xx) is not kept, so that it can be tried again.
 * `toKeep` takes out of an answer what must not be stored.
 *
 * @throws {DomainError} `idempotency_key_reused`; `conflict` while the first request still runs
 */
export const idempotent = ({ db }: Pick<ApiDeps, 'db'>, toKeep = (body: JsonValue) => body) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const idempotencyKey = c.req.header('idempotency-key')
    if (idempotencyKey === undefined) return next()
    if (idempotencyKey === '' || Buffer.byteLength(idempotencyKey) > LONGEST)
      throw new DomainError('malformed', `An idempotency key has 1 to ${LONGEST} bytes.`)

    const id = { keyId: c.get('caller').keyId, idempotencyKey }
    const requestHash = await hashRequest(c)
    if (!(await claimIdempotencyKey(db, { ...id, requestHash })))
      return repeat(c, await waitForAnswer(c, db, id, requestHash))

    await next()
    if (c.res.status >= 500) return deleteClaim(db, id)
    await markClaimAnswered(db, id, { status: c.res.status, body: toKeep(await bodyOf(c.res)) })
  })

async function hashRequest(c: Context<ApiEnv>): Promise<string> {
  const { pathname, search } = new URL(c.req.url)
  return createHash('sha256')
    .update(`${c.req.method} ${pathname}${search}\n`)
    .update(await c.req.text())
    .digest('hex')
}

async function waitForAnswer(
  c: Context<ApiEnv>,
  db: ApiDeps['db'],
  id: ClaimId,
  requestHash: string,
): Promise<Claim & { status: number }> {
  for (let waitedMs = 0; waitedMs < PATIENCE_MS; waitedMs += LOOK_EVERY_MS) {
    const claim = await findClaim(db, id)
    if (claim === undefined) break
    if (claim.requestHash !== requestHash)
      throw new DomainError(
        'idempotency_key_reused',
        'This idempotency key was used for another request. Use a new one.',
      )
    if (claim.status !== null) return { ...claim, status: claim.status }
    await sleep(LOOK_EVERY_MS)
  }
  c.header('retry-after', '1')
  throw new DomainError('conflict', 'A request with this idempotency key has no answer yet.')
}

function repeat(c: Context<ApiEnv>, { status, body }: Claim & { status: number }): Response {
  c.header('idempotent-replay', 'true')
  if (body === null) return c.body(null, status as 204)
  return c.body(JSON.stringify(body), status as ContentfulStatusCode, {
    'content-type': status >= 400 ? 'application/problem+json' : 'application/json',
  })
}

async function bodyOf(response: Response): Promise<JsonValue> {
  const text = await response.clone().text()
  return text === '' ? null : (JSON.parse(text) as JsonValue)
}

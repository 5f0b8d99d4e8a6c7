import { createMiddleware } from 'hono/factory'
import type { ApiDeps } from '../deps.ts'
import type { ApiEnv } from '../env.ts'
import { RateLimited } from '../errors.ts'

/** What one key may do in one process: `perSecond` on average, `burst` at once. */
export interface RateLimit {
  readonly perSecond: number
  readonly burst: number
}

/** Far above what one process can serve for honest callers; stops a loop that has gone wild. */
const DEFAULT_RATE_LIMIT: RateLimit = { perSecond: 10_000, burst: 20_000 }

interface Bucket {
  tokens: number
  filledAtMs: number
}

/** Keys are few, so their buckets are kept for the life of the process. */
export function limitRate({
  now,
  rateLimit = DEFAULT_RATE_LIMIT,
}: Pick<ApiDeps, 'now' | 'rateLimit'>) {
  const buckets = new Map<string, Bucket>()
  return createMiddleware<ApiEnv>(async (c, next) => {
    const { keyId } = c.get('caller')
    const atMs = now()
    const bucket = buckets.get(keyId) ?? { tokens: rateLimit.burst, filledAtMs: atMs }
    buckets.set(keyId, bucket)
    const gained = ((atMs - bucket.filledAtMs) / 1000) * rateLimit.perSecond
    bucket.tokens = Math.min(rateLimit.burst, bucket.tokens + Math.max(0, gained))
    bucket.filledAtMs = atMs
    if (bucket.tokens < 1)
      throw new RateLimited(Math.max(1, Math.ceil((1 - bucket.tokens) / rateLimit.perSecond)))
    bucket.tokens -= 1
    await next()
  })
}

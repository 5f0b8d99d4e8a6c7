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
/** More are looked through for such as are full again, which is the same as none. */
const BUCKETS_KEPT = 10_000

interface Bucket {
  tokens: number
  filledAtMs: number
}

/** Holds each key, which was authenticated before, to what it may do. */
export function limitRate({
  now,
  rateLimit = DEFAULT_RATE_LIMIT,
}: Pick<ApiDeps, 'now' | 'rateLimit'>) {
  const take = createRateLimiter(now, rateLimit)
  return createMiddleware<ApiEnv>(async (c, next) => {
    take(c.get('caller').keyId)
    await next()
  })
}

/**
 * Counts a request of whoever is named; each has a bucket of their own.
 *
 * @throws {RateLimited} by the returned function, for one whose bucket is empty
 */
export function createRateLimiter(
  now: () => number,
  { perSecond, burst }: RateLimit,
): (name: string) => void {
  const buckets = new Map<string, Bucket>()
  const tokensOf = ({ tokens, filledAtMs }: Bucket, atMs: number): number =>
    Math.min(burst, tokens + Math.max(0, ((atMs - filledAtMs) / 1000) * perSecond))
  return (name) => {
    const atMs = now()
    if (buckets.size > BUCKETS_KEPT)
      for (const [each, bucket] of buckets)
        if (tokensOf(bucket, atMs) === burst) buckets.delete(each)
    const tokens = tokensOf(buckets.get(name) ?? { tokens: burst, filledAtMs: atMs }, atMs)
    const isEmpty = tokens < 1
    buckets.set(name, { tokens: isEmpty ? tokens : tokens - 1, filledAtMs: atMs })
    if (isEmpty) throw new RateLimited(Math.max(1, Math.ceil((1 - tokens) / perSecond)))
  }
}

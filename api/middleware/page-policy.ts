import type { MiddlewareHandler } from 'hono'

/**
 * What browsers may do with a page for people; they keep no copy and tell nobody where it was. Set
 * before the handler answers, so that the innermost policy is the one that holds.
 */
export function pagePolicy(directives: readonly string[]): MiddlewareHandler {
  const policy = directives.join('; ')
  return async (c, next) => {
    c.header('Content-Security-Policy', policy)
    c.header('X-Content-Type-Options', 'nosniff')
    c.header('Referrer-Policy', 'no-referrer')
    c.header('Cache-Control', 'no-store')
    await next()
  }
}

import { Hono, type Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import type { JsonObject } from '../domain/json.ts'
import type { ApiDeps } from './deps.ts'
import type { ApiEnv } from './env.ts'
import { answerError } from './errors.ts'
import { limitBody } from './middleware/limit-body.ts'
import type { RateLimit } from './middleware/limit-rate.ts'
import { pagePolicy } from './middleware/page-policy.ts'
import { pageLanguage, type PageLanguage } from './page-language.ts'
import { failedPage, lostPage } from './preference-pages.ts'
import { PREFERENCE_STYLE_HASH } from './preference-style.ts'

/** What one link may do in one process. More than a person and a mail program together need. */
export const LINK_RATE_LIMIT: RateLimit = { perSecond: 5, burst: 50 }

const POLICY = pagePolicy([
  "default-src 'none'",
  `style-src '${PREFERENCE_STYLE_HASH}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
])

/**
 * A router for pages that links in messages lead to: kept and indexed nowhere, without scripts, and
 * with a page for whatever goes wrong.
 */
export const createPageRouter = (deps: Pick<ApiDeps, 'log'>, path: string) =>
  new Hono<ApiEnv>()
    .use(path, POLICY, limitBody, async (c, next) => {
      c.header('X-Robots-Tag', 'noindex')
      await next()
    })
    .onError((error, c) => {
      const { status } = answerError(deps)(error, c)
      const language = visitorLanguage(c)
      c.status(status as ContentfulStatusCode)
      return c.html(status === 404 ? lostPage(language) : failedPage(language))
    })

/** The language of whoever looks at a page, as far as they or `traits` say. */
export function visitorLanguage(c: Context<ApiEnv>, traits: JsonObject = {}): PageLanguage {
  return pageLanguage({
    query: c.req.query('lang'),
    traits: [traits['language'], traits['locale']],
    acceptLanguage: c.req.header('accept-language'),
  })
}

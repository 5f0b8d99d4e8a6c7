import type { Context } from 'hono'
import { DomainError } from '../../domain/errors.ts'
import type { Clicked, DeliveryFeedback } from '../../domain/feedback/feedback-event.ts'
import { receiveFeedback, refuseForged } from '../../operations/receive-feedback.ts'
import { readClicked, readOpened } from '../../platform/tracking-link.ts'
import type { ApiDeps } from '../deps.ts'
import type { ApiEnv } from '../env.ts'
import { RateLimited } from '../errors.ts'
import { createRateLimiter } from '../middleware/limit-rate.ts'
import { createPageRouter, LINK_RATE_LIMIT } from '../page-router.ts'

/** One pixel that shows nothing, as GIF. */
const PIXEL = Buffer.from('R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7', 'base64')
/** Tokens that lead nowhere are counted for so long as somebody does not send them by the thousand. */
const FORGED = 'forged'

/**
 * What the picture and the links of a mail lead to. The picture is the same whatever the token; a link
 * leads where the mail did, also while nothing can be stored. Not in `openapi.json`: these are for mail
 * programs and browsers.
 */
export const trackingRoutes = (deps: ApiDeps) => {
  const note = noteTaker(deps)
  return createPageRouter(deps, '/t/*')
    .get('/t/o/:token', async (c) => {
      const deliveryId = readOpened(tokenOf(c).replace(/\.gif$/, ''), deps.linkSecret)
      const feedback = { kind: 'open', visit: visitOf(c) } as const
      await note(deliveryId === undefined ? undefined : { deliveryId, feedback })
      return c.body(PIXEL, 200, { 'Content-Type': 'image/gif' })
    })
    .get('/t/c/:token', async (c) => {
      const subject = readClicked(tokenOf(c), deps.linkSecret)
      if (subject === undefined) {
        await note(undefined)
        throw new DomainError('not_found', 'This link leads nowhere.')
      }
      const { deliveryId, index, url } = subject
      await note({ deliveryId, feedback: { kind: 'click', visit: visitOf(c), index, url } })
      return c.redirect(url, 302)
    })
}

interface Noted {
  readonly deliveryId: string
  readonly feedback: DeliveryFeedback
}

/** Notes what was done. What goes wrong with that is ours to mend, and no reader's to wait for. */
function noteTaker(deps: ApiDeps) {
  const take = createRateLimiter(deps.now, LINK_RATE_LIMIT)
  return async (noted: Noted | undefined): Promise<void> => {
    try {
      take(noted?.deliveryId ?? FORGED)
      if (noted !== undefined) await receiveFeedback(deps, { source: 'link', ...noted })
      else await refuseForged(deps, 'link')
    } catch (err) {
      if (!(err instanceof RateLimited))
        deps.log.warn({ err }, 'What was done with a mail could not be noted')
    }
  }
}

const tokenOf = (c: Context<ApiEnv>): string => c.req.param('token') ?? ''

const visitOf = (c: Context<ApiEnv>): Clicked['visit'] => ({
  method: c.req.method,
  userAgent: c.req.header('user-agent') ?? '',
  purpose: ['sec-purpose', 'purpose', 'x-moz'].map((name) => c.req.header(name) ?? '').join(' '),
})

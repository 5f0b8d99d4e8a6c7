import type { Context } from 'hono'
import { findLinkedRequest, type LinkedRequest } from '../../db/consent-requests.ts'
import { standingOf, type RequestStanding } from '../../domain/customers/double-opt-in.ts'
import { DomainError } from '../../domain/errors.ts'
import { confirmConsent } from '../../operations/confirm-consent.ts'
import { readConfirmLink } from '../../platform/confirm-link.ts'
import { confirmPage } from '../confirm-pages.ts'
import type { ApiDeps } from '../deps.ts'
import type { ApiEnv } from '../env.ts'
import { maskedAddress } from '../masked-address.ts'
import { createRateLimiter } from '../middleware/limit-rate.ts'
import { createPageRouter, LINK_RATE_LIMIT, visitorLanguage } from '../page-router.ts'

/** What a link to confirm leads to. */
interface OpenLink {
  readonly token: string
  readonly request: LinkedRequest
  /** On the customer's clock. */
  readonly isOver: boolean
  readonly standing: RequestStanding
}

/**
 * Where a customer confirms a consent that was asked for. Reading shows a button and changes nothing,
 * since programs that look at mails open every link in them; pressing it does, once. Not in
 * `openapi.json`: it is for people.
 */
export const confirmationRoutes = (deps: ApiDeps) => {
  const open = linkOpener(deps)
  return createPageRouter(deps, '/c/*')
    .get('/c/:token', async (c) => c.html(pageOf(c, await open(c))))
    .post('/c/:token', async (c) => {
      const link = await open(c)
      if (!link.isOver) await confirmConsent(deps, link.request.requestId)
      // Seen again by a GET, so that a reload does not send the form again.
      const { language } = viewOf(c, link)
      return c.redirect(`${link.token}?lang=${language}`, 303)
    })
}

/** @throws {DomainError} by the returned function: `not_found`, alike for a wrong token and for nothing behind a right one */
function linkOpener({ db, now, linkSecret }: ApiDeps): (c: Context<ApiEnv>) => Promise<OpenLink> {
  const take = createRateLimiter(now, LINK_RATE_LIMIT)
  return async (c) => {
    const token = c.req.param('token') ?? ''
    const subject = readConfirmLink(token, linkSecret)
    if (subject) take(subject.requestId)
    const request = subject && (await findLinkedRequest(db, subject.requestId))
    if (!request) throw new DomainError('not_found', 'This link leads nowhere.')
    const nowMs = now() + request.clockOffsetMs
    const standing = standingOf(request, { address: request.addressNow, nowMs })
    // The link says itself until when it is good, whatever becomes of its request.
    const isOver = standing === 'open' && nowMs >= subject.expiresAtMs
    return { token, request, isOver, standing: isOver ? 'expired' : standing }
  }
}

const viewOf = (c: Context<ApiEnv>, { token, request, standing }: OpenLink) => ({
  language: visitorLanguage(c, { language: request.locale }),
  token,
  standing,
  channel: request.channel,
  wording: request.wording,
  locale: request.locale,
  address: maskedAddress(request.address),
})

const pageOf = (c: Context<ApiEnv>, link: OpenLink) => confirmPage(viewOf(c, link))

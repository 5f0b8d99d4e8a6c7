import { Hono, type Context, type MiddlewareHandler } from 'hono'
import type { Kysely } from 'kysely'
import PostalMime, { type Email } from 'postal-mime'
import { findOutboxMail, listOutbox, type OutboxEntry } from '../../db/outbox.ts'
import type { Database } from '../../db/schema.ts'
import { pagePolicy } from '../middleware/page-policy.ts'
import { listPage, mailPage, textBody, type OutboxLinks } from '../outbox-pages.ts'
import { OUTBOX_STYLE } from '../outbox-style.ts'

const PAGE_SIZE = 50

const PAGE_POLICY = pagePolicy([
  "default-src 'none'",
  "style-src 'self'",
  "frame-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
])

/** A mail is a stranger's page: it runs nothing, loads nothing, and leads nowhere. */
const MAIL_POLICY = pagePolicy([
  'sandbox',
  "default-src 'none'",
  "style-src 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'self'",
])

export interface OutboxDeps {
  readonly db: Kysely<Database>
  readonly links: OutboxLinks
  /**
   * Stands before every page where the server can be reached from elsewhere. Without it only a
   * browser on this machine is answered, and only under a name of this machine.
   */
  readonly guard?: MiddlewareHandler
}

/** The mail catcher's mails for a browser, without any script. */
export const outboxRoutes = ({ db, links, guard = onlyLoopback }: OutboxDeps) => {
  const mailOf = async (c: Context): Promise<(OutboxEntry & { raw: string }) | undefined> => {
    const id = c.req.param('outboxId') ?? ''
    return /^\d{1,15}$/.test(id) ? findOutboxMail(db, Number(id)) : undefined
  }
  const parse = ({ raw }: { raw: string }): Promise<Email> => PostalMime.parse(raw)

  return new Hono()
    .use('/outbox', guard, PAGE_POLICY)
    .use('/outbox/*', guard, PAGE_POLICY)
    .get('/outbox', async (c) => {
      const before = c.req.query('before') ?? ''
      const beforeId = /^\d{1,15}$/.test(before) ? Number(before) : null
      const customerId = c.req.query('customer') ?? null
      const entries = await listOutbox(db, { beforeId, customerId, limit: PAGE_SIZE + 1 })
      const shown = entries.slice(0, PAGE_SIZE)
      const olderId = entries.length > PAGE_SIZE ? (shown.at(-1)?.outboxId ?? null) : null
      return c.html(listPage(shown, { olderId, customerId }))
    })
    .get('/outbox/style.css', (c) => c.body(OUTBOX_STYLE, 200, { 'content-type': 'text/css' }))
    .get('/outbox/:outboxId', async (c) => {
      const mail = await mailOf(c)
      return mail ? c.html(mailPage(mail, await parse(mail), links)) : c.notFound()
    })
    .get('/outbox/:outboxId/body', MAIL_POLICY, async (c) => {
      const mail = await mailOf(c)
      if (!mail) return c.notFound()
      const { html, text = '' } = await parse(mail)
      return c.html(html ?? textBody(text))
    })
    .get('/outbox/:outboxId/raw', async (c) => {
      const mail = await mailOf(c)
      return mail ? c.text(mail.raw) : c.notFound()
    })
}

/**
 * Mails hold names and addresses. A foreign site whose name is made to point at this machine must
 * not read them, so the browser has to have asked for this machine by name.
 */
const onlyLoopback: MiddlewareHandler = async (c, next) => {
  const { hostname } = new URL(c.req.url)
  if (hostname === 'localhost' || hostname === '[::1]' || /^127\.\d+\.\d+\.\d+$/.test(hostname)) {
    await next()
    return
  }
  return c.text('The outbox is open on this machine only.', 403)
}

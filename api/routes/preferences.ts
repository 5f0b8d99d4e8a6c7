import { Hono, type Context } from 'hono'
import type { ContentfulStatusCode } from 'hono/utils/http-status'
import { findPreferences, type Preferences } from '../../db/preferences.ts'
import { DomainError } from '../../domain/errors.ts'
import type { JsonObject } from '../../domain/json.ts'
import { savePreferences, type PreferencesInput } from '../../operations/save-preferences.ts'
import { readLink, type LinkSubject } from '../../platform/preference-link.ts'
import type { ApiDeps } from '../deps.ts'
import type { ApiEnv } from '../env.ts'
import { answerError } from '../errors.ts'
import { maskedAddress } from '../masked-address.ts'
import { limitBody } from '../middleware/limit-body.ts'
import { createRateLimiter, type RateLimit } from '../middleware/limit-rate.ts'
import { pagePolicy } from '../middleware/page-policy.ts'
import { pageLanguage, type PageLanguage } from '../page-language.ts'
import {
  failedPage,
  FIELDS,
  lostPage,
  preferencePage,
  unsubscribedPage,
  type ShownChannel,
} from '../preference-pages.ts'
import { PREFERENCE_STYLE_HASH } from '../preference-style.ts'

/** What one customer may do in one process. More than a person and a mail program together need. */
const LINK_RATE_LIMIT: RateLimit = { perSecond: 5, burst: 50 }

const POLICY = pagePolicy([
  "default-src 'none'",
  `style-src '${PREFERENCE_STYLE_HASH}'`,
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
])

/** A link that leads to a customer, and what its page is made of. */
interface OpenLink {
  readonly token: string
  readonly subject: LinkSubject
  readonly channels: readonly ShownChannel[]
  readonly language: PageLanguage
}

/**
 * Where links in messages lead: the preference page, and the one click of mail programs (RFC 8058).
 * The link is all the key there is. Reading changes nothing, since programs that look at mails open
 * every link in them. Not in `openapi.json`: these are for people and mail programs.
 */
export const preferenceRoutes = (deps: ApiDeps) => {
  const open = linkOpener(deps)
  return new Hono<ApiEnv>()
    .use('/u/*', POLICY, limitBody, async (c, next) => {
      c.header('X-Robots-Tag', 'noindex')
      await next()
    })
    .onError((error, c) => {
      const { status } = answerError(deps)(error, c)
      const language = visitorLanguage(c)
      c.status(status as ContentfulStatusCode)
      return c.html(status === 404 ? lostPage(language) : failedPage(language))
    })
    .get('/u/:token', async (c) => {
      const isSaved = c.req.query('saved') !== undefined
      return c.html(preferencePage({ ...(await open(c)), isSaved }))
    })
    .post('/u/:token', async (c) => {
      const { token, subject, language } = await open(c)
      const form = await formOf(c)
      if (form?.get('List-Unsubscribe') !== 'One-Click')
        return c.text('Send List-Unsubscribe=One-Click as a form (RFC 8058).', 400)
      const { channel } = subject
      await save(deps, subject, {
        choices: [{ channel, granted: false }],
        source: 'list-unsubscribe one-click',
      })
      return c.html(unsubscribedPage({ language, token, channel }))
    })
    .post('/u/:token/preferences', async (c) => {
      const { token, subject, channels, language } = await open(c)
      const form = await formOf(c)
      if (form === undefined) return c.text('Send the form of the page.', 400)
      await save(deps, subject, { choices: choicesIn(form, channels), source: 'preference page' })
      // Seen again by a GET, so that a reload does not send the form again.
      const query = new URLSearchParams({ saved: 'yes', lang: language })
      return c.redirect(`../${token}?${query.toString()}`, 303)
    })
}

/** @throws {DomainError} by the returned function: `not_found`, alike for a wrong token and for nobody behind a right one */
function linkOpener({ db, now, linkSecret }: ApiDeps): (c: Context<ApiEnv>) => Promise<OpenLink> {
  const take = createRateLimiter(now, LINK_RATE_LIMIT)
  return async (c) => {
    const token = c.req.param('token') ?? ''
    const subject = readLink(token, linkSecret)
    if (subject) take(subject.customerId)
    const preferences = subject && (await findPreferences(db, subject.customerId))
    if (!preferences) throw new DomainError('not_found', 'This link leads nowhere.')
    const language = visitorLanguage(c, preferences.traits)
    return { token, subject, channels: channelsOf(subject, preferences), language }
  }
}

const save = (
  deps: ApiDeps,
  { customerId, purpose, deliveryId: proof }: LinkSubject,
  choice: Pick<PreferencesInput, 'choices' | 'source'>,
): Promise<void> => savePreferences(deps, { customerId, purpose, proof, ...choice })

function visitorLanguage(c: Context<ApiEnv>, traits: JsonObject = {}): PageLanguage {
  return pageLanguage({
    query: c.req.query('lang'),
    traits: [traits['language'], traits['locale']],
    acceptLanguage: c.req.header('accept-language'),
  })
}

/** Those on record for the purpose of the link, and its own, which need not be. */
function channelsOf(
  { purpose, channel: own }: LinkSubject,
  { traits: { email }, consents }: Preferences,
): ShownChannel[] {
  const granted = new Map([[own, false]])
  for (const consent of consents)
    if (consent.purpose === purpose) granted.set(consent.channel, consent.granted)
  return [...granted]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([channel, isGranted]) => ({
      channel,
      granted: isGranted,
      address: channel === 'email' && typeof email === 'string' ? maskedAddress(email) : undefined,
    }))
}

/** A box that is not ticked is not in the form at all. Nothing that the page cannot show can be chosen. */
function choicesIn(form: FormData, channels: readonly ShownChannel[]) {
  if (form.has(FIELDS.none)) return channels.map(({ channel }) => ({ channel, granted: false }))
  const shown = new Set(form.getAll(FIELDS.shown))
  const granted = new Set(form.getAll(FIELDS.granted))
  return channels
    .filter(({ channel }) => shown.has(channel))
    .map(({ channel }) => ({ channel, granted: granted.has(channel) }))
}

/** Undefined where the body is no form. */
async function formOf(c: Context<ApiEnv>): Promise<FormData | undefined> {
  return c.req.formData().catch(() => undefined)
}

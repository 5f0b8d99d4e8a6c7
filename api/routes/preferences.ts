import type { Context } from 'hono'
import { findPreferences, type Preferences } from '../../db/preferences.ts'
import { addressTrait } from '../../domain/channels/address-trait.ts'
import { DomainError } from '../../domain/errors.ts'
import { own } from '../../domain/own.ts'
import { savePreferences, type PreferencesInput } from '../../operations/save-preferences.ts'
import { readLink, type LinkSubject } from '../../platform/preference-link.ts'
import type { ApiDeps } from '../deps.ts'
import type { ApiEnv } from '../env.ts'
import { maskedAddress } from '../masked-address.ts'
import { createRateLimiter } from '../middleware/limit-rate.ts'
import type { PageLanguage } from '../page-language.ts'
import { createPageRouter, LINK_RATE_LIMIT, visitorLanguage } from '../page-router.ts'
import { FIELDS, preferencePage, unsubscribedPage, type ShownChannel } from '../preference-pages.ts'

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
  return createPageRouter(deps, '/u/*')
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
  { customerId, purpose, deliveryId }: LinkSubject,
  choice: Pick<PreferencesInput, 'choices' | 'source'>,
): Promise<void> => savePreferences(deps, { customerId, purpose, deliveryId, ...choice })

/** Those on record for the purpose of the link, and its own, which need not be. */
function channelsOf(
  { purpose, channel: own }: LinkSubject,
  { traits, consents }: Preferences,
): ShownChannel[] {
  const granted = new Map([[own, false]])
  for (const consent of consents)
    if (consent.purpose === purpose) granted.set(consent.channel, consent.granted)
  return [...granted]
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([channel, isGranted]) => ({
      channel,
      granted: isGranted,
      address: addressOn(channel, traits),
    }))
}

function addressOn(channel: string, traits: Preferences['traits']): string | undefined {
  const trait = addressTrait(channel)
  const address = trait === null ? undefined : own(traits, trait)
  return typeof address === 'string' ? maskedAddress(address) : undefined
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

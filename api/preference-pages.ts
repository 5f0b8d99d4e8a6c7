import { html } from 'hono/html'
import { CHANNELS } from '../domain/journeys/values.ts'
import type { PageLanguage } from './page-language.ts'
import { pageForCustomer as page } from './page-for-customer.ts'
import { PREFERENCE_TEXTS } from './preference-texts.ts'

type Html = ReturnType<typeof html>

/** One channel, as the page shows it. */
export interface ShownChannel {
  readonly channel: string
  readonly granted: boolean
  /** Masked; undefined where none is known. */
  readonly address: string | undefined
}

export interface PreferenceView {
  readonly language: PageLanguage
  readonly token: string
  readonly channels: readonly ShownChannel[]
  /** Comes from having saved. */
  readonly isSaved: boolean
}

/**
 * The names of the form's fields. `shown`: the channels that the page had, so that one which has come
 * since is not taken for a no.
 */
export const FIELDS = { shown: 'shown', granted: 'granted', none: 'none' } as const

/** The form. Addresses are relative to `/u/`, so that a proxy may put something before it. */
export function preferencePage({ language, token, channels, isSaved }: PreferenceView): Html {
  const texts = PREFERENCE_TEXTS[language]
  const hasSome = channels.some(({ granted }) => granted)
  return page(
    { language, token, title: texts.title },
    html`<h1>${texts.title}</h1>
      ${
        isSaved
          ? html`<p class="saved" role="status">${hasSome ? texts.saved : texts.savedNone}</p>`
          : ''
      }
      <p>${texts.intro}</p>
      <form method="post" action="${token}/preferences?lang=${language}">
        <fieldset>
          <legend>${texts.legend}</legend>
          ${channels.map((shown) => channelBox(shown, language))}
        </fieldset>
        <p class="buttons">
          <button class="first">${texts.save}</button>
          <button name="${FIELDS.none}" value="yes">${texts.none}</button>
        </p>
      </form>
      <p class="remaining">${texts.remaining}</p>`,
  )
}

function channelBox({ channel, granted, address }: ShownChannel, language: PageLanguage): Html {
  return html`<input type="hidden" name="${FIELDS.shown}" value="${channel}" />
    <label>
      <input
        type="checkbox"
        name="${FIELDS.granted}"
        value="${channel}"
        ${granted ? 'checked' : ''}
      />
      <span>
        ${channelName(channel, language)}
        ${address === undefined ? '' : html`<span class="address">${address}</span>`}
      </span>
    </label>`
}

/** The answer to one click, for those who see it: mail programs show none. */
export function unsubscribedPage({
  language,
  token,
  channel,
}: Pick<PreferenceView, 'language' | 'token'> & { readonly channel: string }): Html {
  const texts = PREFERENCE_TEXTS[language]
  return page(
    { language, token, title: texts.unsubscribed },
    html`<h1>${texts.unsubscribed}</h1>
      <p role="status">${texts.unsubscribedFrom(channelName(channel, language))}</p>
      <p class="remaining">${texts.remaining}</p>
      <p><a href="${token}?lang=${language}">${texts.toPreferences}</a></p>`,
  )
}

/** A link that leads nowhere. Says nothing of why. */
export function lostPage(language: PageLanguage): Html {
  const { lost, lostHint } = PREFERENCE_TEXTS[language]
  return page(
    { language, title: lost },
    html`<h1>${lost}</h1>
      <p>${lostHint}</p>`,
  )
}

/** Something that may go better in a moment. */
export function failedPage(language: PageLanguage): Html {
  const { failed, failedHint } = PREFERENCE_TEXTS[language]
  return page(
    { language, title: failed },
    html`<h1>${failed}</h1>
      <p>${failedHint}</p>`,
  )
}

/** Consents may be recorded for channels that we do not know; these go by the name they were given. */
export function channelName(channel: string, language: PageLanguage): string {
  const known = CHANNELS.find((name) => name === channel)
  return known === undefined ? channel : PREFERENCE_TEXTS[language].channels[known]
}

import { html } from 'hono/html'
import type { RequestStanding } from '../domain/customers/double-opt-in.ts'
import { CONFIRM_TEXTS } from './confirm-texts.ts'
import type { PageLanguage } from './page-language.ts'
import { pageForCustomer } from './page-for-customer.ts'
import { channelName } from './preference-pages.ts'

type Html = ReturnType<typeof html>

export interface ConfirmView {
  readonly language: PageLanguage
  readonly token: string
  readonly standing: RequestStanding
  readonly channel: string
  /** What is agreed to, as it was published, and the language that it is in. */
  readonly wording: string
  readonly locale: string
  /** Masked. */
  readonly address: string
}

/** What a link to confirm shows. Addresses are relative to `/c/`, so that a proxy may put something before it. */
export function confirmPage(view: ConfirmView): Html {
  const texts = CONFIRM_TEXTS[view.language]
  switch (view.standing) {
    case 'open':
      return askPage(view)
    case 'confirmed':
      return statusPage(view, texts.confirmed, texts.confirmedHint)
    case 'expired':
      return statusPage(view, texts.expired, texts.nothing)
    case 'readdressed':
      return statusPage(view, texts.readdressed, texts.nothing)
    case 'withdrawn':
    case 'superseded':
      return statusPage(view, texts.ended, texts.nothing)
  }
}

function askPage({ language, token, channel, wording, locale, address }: ConfirmView): Html {
  const texts = CONFIRM_TEXTS[language]
  return pageForCustomer(
    { language, token, title: texts.ask },
    html`<h1>${texts.ask}</h1>
      <p>${texts.intro}</p>
      <form method="post" action="${token}?lang=${language}">
        <fieldset>
          <legend>${texts.legend}</legend>
          <p lang="${locale}">${wording}</p>
          <p class="address">${channelName(channel, language)} ${address}</p>
        </fieldset>
        <p class="buttons"><button class="first">${texts.confirm}</button></p>
      </form>
      <p class="remaining">${texts.ignore}</p>`,
  )
}

const statusPage = ({ language, token }: ConfirmView, title: string, hint: string): Html =>
  pageForCustomer(
    { language, token, title },
    html`<h1>${title}</h1>
      <p role="status">${hint}</p>`,
  )

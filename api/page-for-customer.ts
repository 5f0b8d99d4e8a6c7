import { html } from 'hono/html'
import { PAGE_LANGUAGES, type PageLanguage } from './page-language.ts'
import { PREFERENCE_STYLE_ELEMENT } from './preference-style.ts'
import { PREFERENCE_TEXTS } from './preference-texts.ts'

type Html = ReturnType<typeof html>

/** A whole page that a link in a message leads to. With a token it is there in other languages too. */
export function pageForCustomer(
  { language, token, title }: { language: PageLanguage; token?: string; title: string },
  content: Html,
): Html {
  return html`<!doctype html>
    <html lang="${language}">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="robots" content="noindex" />
        <title>${title}</title>
        ${PREFERENCE_STYLE_ELEMENT}
      </head>
      <body>
        <main>${content} ${token === undefined ? '' : languageLinks(language, token)}</main>
      </body>
    </html>`
}

function languageLinks(current: PageLanguage, token: string): Html {
  return html`<nav aria-label="${PREFERENCE_TEXTS[current].languages}">
    ${PAGE_LANGUAGES.map((language) =>
      language === current
        ? html`<span aria-current="true">${PREFERENCE_TEXTS[language].name}</span>`
        : html`<a href="${token}?lang=${language}" lang="${language}" hreflang="${language}"
            >${PREFERENCE_TEXTS[language].name}</a
          >`,
    )}
  </nav>`
}

import { readEmail } from '../customers/email-address.ts'
import { trackedHtml } from '../feedback/tracked-html.ts'
import { textsIn } from '../journeys/texts-in.ts'
import { renderTemplate } from '../templates.ts'
import type { ChannelSpec } from './channel-spec.ts'
import { htmlText } from './html-text.ts'

/** Mailboxes are told apart without case. */
export const email: ChannelSpec<'email'> = {
  destination: ({ email: trait }) => {
    if (typeof trait !== 'string') return null
    const read = readEmail(trait)
    return read.ok ? read.address : null
  },
  plain: (address) => address.trim().toLowerCase(),
  templates: (path, content) =>
    Object.entries(content).flatMap(([name, text]) => textsIn(`${path}/${name}`, text)),
  render: ({ subject, html, text }, scope) => {
    const rendered = renderTemplate(html, scope, 'html')
    return {
      subject: renderTemplate(subject, scope).replaceAll(/\s+/g, ' ').trim(),
      html: rendered,
      text: text === undefined ? htmlText(rendered) : renderTemplate(text, scope),
    }
  },
  followed: (content, tracking) => ({ ...content, html: trackedHtml(content.html, tracking) }),
}

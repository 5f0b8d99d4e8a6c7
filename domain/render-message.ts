import type { Message } from './journeys/journey.ts'
import type { ChannelName } from './journeys/values.ts'
import type { JsonValue } from './json.ts'
import { renderTemplate, type TemplateScope } from './templates.ts'

type Content<Name extends ChannelName> = NonNullable<Message[Name]>
type Renderers = {
  readonly [Name in ChannelName]: (content: Content<Name>, scope: TemplateScope) => Content<Name>
}

const RENDERERS: Renderers = {
  email: ({ subject, html, text }, scope) => ({
    subject: renderTemplate(subject, scope).replaceAll(/\s+/g, ' ').trim(),
    html: renderTemplate(html, scope, 'html'),
    ...(text === undefined ? {} : { text: renderTemplate(text, scope) }),
  }),
  webhook: ({ url, body }, scope) => ({ url, body: renderTexts(body, scope) }),
}

/**
 * A message with every template filled in.
 *
 * @throws {TemplateError}
 */
export function renderMessage<Name extends ChannelName>(
  channel: Name,
  content: Content<Name>,
  scope: TemplateScope,
): Content<Name> {
  return RENDERERS[channel](content, scope)
}

/**
 * JSON with every template filled in. Texts are templates wherever they stand; names of members are
 * not.
 *
 * @throws {TemplateError}
 */
export function renderTexts(value: JsonValue, scope: TemplateScope): JsonValue {
  if (typeof value === 'string') return renderTemplate(value, scope)
  if (Array.isArray(value)) return value.map((item) => renderTexts(item, scope))
  if (value === null || typeof value !== 'object') return value
  return Object.fromEntries(
    Object.entries(value).map(([name, item]) => [name, renderTexts(item, scope)]),
  )
}

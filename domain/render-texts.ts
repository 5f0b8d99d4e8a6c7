import type { JsonValue } from './json.ts'
import { renderTemplate, type TemplateScope } from './templates.ts'

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

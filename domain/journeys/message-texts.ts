import { child } from '../json-pointer.ts'
import type { JsonValue } from '../json.ts'
import { templateReads, TemplateError } from '../templates.ts'
import type { Message } from './journey.ts'
import type { JourneyParts } from './journey-parts.ts'
import type { Place } from './steps/step-spec.ts'

/** Every template of a journey's messages. A webhook's address is none. */
export function textsOf({ messages }: JourneyParts): Place[] {
  return [...messages].flatMap(([name, message]) =>
    message === null ? [] : textsOfMessage(child('/messages', name), message),
  )
}

function textsOfMessage(path: string, { email, webhook }: Message): Place[] {
  return [
    ...Object.entries(email ?? {}).flatMap(([name, text]) => texts(`${path}/email/${name}`, text)),
    ...(webhook === undefined ? [] : texts(`${path}/webhook/body`, webhook.body)),
  ]
}

function texts(path: string, value: JsonValue): Place[] {
  if (typeof value === 'string') return [{ path, value }]
  if (typeof value !== 'object' || value === null) return []
  return Object.entries(value).flatMap(([name, inner]) => texts(child(path, name), inner))
}

/** Tags and outputs of one template; finding the place of each costs time with its length. */
export const TEMPLATE_TAGS_MAX = 2_000

export function hasTooManyTags(template: string): boolean {
  return template.split(/\{[{%]/, TEMPLATE_TAGS_MAX + 2).length > TEMPLATE_TAGS_MAX + 1
}

/**
 * Events whose `counts` a template shows: `counts['Order Completed']`. `null` stands for a name
 * that is only known when the template is rendered. Nothing for a template that is refused.
 */
export function countsIn(template: string): (string | null)[] {
  // Reading a template is dear, and few show a count.
  if (!template.includes('counts') || hasTooManyTags(template)) return []
  try {
    return templateReads(template)
      .filter(({ path: [root] }) => root === 'counts')
      .map(({ path: [, event] }) => event ?? null)
  } catch (error) {
    if (error instanceof TemplateError) return []
    throw error
  }
}

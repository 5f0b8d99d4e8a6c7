import type { ChannelAnswer } from './channel.ts'
import type { HttpAnswer } from './http.ts'

/** What a provider wrote, whose JSON nobody has checked. Null: nothing that can be read. */
export type Answered = Extract<HttpAnswer, { type: 'answered' }>

const DETAIL_LENGTH_MAX = 500

/** The body as JSON; undefined where it is none. */
export function jsonOf({ body }: Answered): unknown {
  try {
    return JSON.parse(body ?? '')
  } catch {
    return undefined
  }
}

/** A member of something that a provider wrote. */
export const member = (value: unknown, name: string): unknown =>
  typeof value === 'object' && value !== null && Object.hasOwn(value, name)
    ? (value as Record<string, unknown>)[name]
    : undefined

/** A text or a number that a provider wrote, as a text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'number') return String(value)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** What a provider wrote, fit for SQL. */
export const detailOf = (value: unknown): { readonly detail?: string } => {
  const text = textOf(value)
  return text === undefined
    ? {}
    : { detail: text.replaceAll(/\p{Cc}+/gu, ' ').slice(0, DETAIL_LENGTH_MAX) }
}

/** How long the provider asks to be left alone, where it does. */
export const afterOf = ({ afterMs }: Answered): { readonly afterMs?: number } =>
  afterMs === undefined ? {} : { afterMs }

/** Before anything could be sent: nobody listens, or nobody that a connection can be made to. */
const NEVER_CONNECTED = new Set([
  'http_econnrefused',
  'http_enotfound',
  'http_eai_again',
  'http_ehostunreach',
  'http_enetunreach',
  'http_und_err_connect_timeout',
])

/**
 * What it means that a provider did not answer. One that drops no repeats may have taken the message,
 * unless no connection to it came about.
 */
export function unanswered(
  answer: Exclude<HttpAnswer, Answered>,
  { takesRepeats }: { readonly takesRepeats: boolean },
): ChannelAnswer {
  if (answer.type === 'badUrl') return { type: 'unavailable', reason: 'bad_provider_url' }
  const { reason, detail } = answer
  const isCertain = takesRepeats || NEVER_CONNECTED.has(reason)
  return { type: isCertain ? 'unavailable' : 'unknown', reason, detail }
}

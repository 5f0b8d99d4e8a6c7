import { child } from '../json-pointer.ts'
import type { JsonObject } from '../json.ts'
import type { Contents, Message } from './journey.ts'
import { CHANNELS, type ChannelName } from './values.ts'

/** Whether it says anything on any channel. */
export const hasContents = (contents: Contents): boolean =>
  CHANNELS.some((channel) => contents[channel] !== undefined)

/** What a message says to everybody, and what it says in each language, with where that stands under `path`. */
export const contentsOf = (
  path: string,
  { locales = {}, ...message }: Message,
): { readonly path: string; readonly contents: Contents }[] => [
  { path, contents: message },
  ...Object.entries(locales).map(([locale, contents]) => ({
    path: child(`${path}/locales`, locale),
    contents,
  })),
]

/** The language that somebody reads: the trait `locale`, else `language`. */
export const localeOf = (traits: JsonObject): string | null =>
  [traits['locale'], traits['language']].find((tag) => typeof tag === 'string') ?? null

/** The languages in which somebody reads, the best first: `pt-BR`, then `pt`. */
function fallbacksOf(locale: string): string[] {
  const parts = locale.toLowerCase().split(/[-_]/)
  return parts.map((_, index) => parts.slice(0, parts.length - index).join('-'))
}

/** What a message says in one language, for somebody who reads `locale`, the best first. */
function variantsFor({ locales = {} }: Message, locale: string | null) {
  const byTag = new Map(
    Object.entries(locales).map(([tag, said]) => [tag.toLowerCase(), { tag, said }]),
  )
  return fallbacksOf(locale ?? '').flatMap((tag) => byTag.get(tag) ?? [])
}

/**
 * A message as somebody reads it whose language is `locale`: on each channel in the first of the tag and
 * what it is short for (`pt-BR`, `pt`) that is written, else as it is written for everybody.
 */
export function inLocale(message: Message, locale: string | null): Message {
  const { locales: _locales, ...forAll } = message
  const variants = variantsFor(message, locale).map(({ said }) => said)
  return Object.assign({}, forAll, ...variants.toReversed())
}

/** In which language a channel of it is read then; null where it is the text for everybody. */
export const writtenIn = (
  message: Message,
  channel: ChannelName,
  locale: string | null,
): string | null =>
  variantsFor(message, locale).find(({ said }) => said[channel] !== undefined)?.tag ?? null

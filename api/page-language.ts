import { parseAccept } from 'hono/utils/accept'
import type { JsonValue } from '../domain/json.ts'

/** What pages for customers are written in. */
export const PAGE_LANGUAGES = ['es', 'pt', 'en'] as const
export type PageLanguage = (typeof PAGE_LANGUAGES)[number]

export interface LanguageWishes {
  /** Of this visit: `?lang=`. */
  readonly query: string | undefined
  /** What is known of the customer, the best first. */
  readonly traits: readonly (JsonValue | undefined)[]
  /** What the browser is set to. */
  readonly acceptLanguage: string | undefined
}

/** The first language wished for that there is; English where there is none. */
export function pageLanguage({ query, traits, acceptLanguage = '' }: LanguageWishes): PageLanguage {
  const accepted = parseAccept(acceptLanguage)
    .filter(({ q }) => q > 0)
    .map(({ type }) => type)
  for (const wish of [query, ...traits, ...accepted]) {
    const language = typeof wish === 'string' ? languageOf(wish) : undefined
    if (language !== undefined) return language
  }
  return 'en'
}

/** Of `pt`, `pt-BR` or `pt_PT`. */
function languageOf(tag: string): PageLanguage | undefined {
  const [primary] = tag.trim().toLowerCase().split(/[-_]/)
  return PAGE_LANGUAGES.find((language) => language === primary)
}

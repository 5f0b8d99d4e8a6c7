import { alpha2Of, COUNTRIES } from './country-codes.ts'
import type { TraitReading } from './trait-reading.ts'

/** Longer than any sane name or tag. */
const CHARACTERS_MAX = 100

/**
 * A country as ISO 3166 alpha-2, from a code (`de`, `DEU`, `276`, `UK`) or its English name. Names in
 * other languages are not tried: one spelling can mean two countries.
 */
export function readCountry(text: string): TraitReading {
  const bare = text.trim()
  if (bare === '') return { ok: false, problem: 'empty' }
  if (bare.length > CHARACTERS_MAX) return { ok: false, problem: 'too_long' }
  const code = countryOfCode(bare.toUpperCase()) ?? countryNames().get(comparable(bare))
  return code === undefined ? { ok: false, problem: 'unknown_country' } : { ok: true, value: code }
}

function countryOfCode(code: string): string | undefined {
  if (/^[A-Z]{3}$/.test(code)) return alpha2Of(code)
  if (!/^(?:[A-Z]{2}|\d{3})$/.test(code)) return undefined
  // Brings numbers, and codes that were replaced, to the one in use.
  const { region } = new Intl.Locale(`und-${code}`)
  return region !== undefined && COUNTRIES.has(region) ? region : undefined
}

/**
 * A language as BCP 47 (`de`, `pt-BR`), from a tag in whatever case, or with `_`. The English name of a
 * language is not taken, since a tag says more, but the tag is suggested.
 */
export function readLanguage(text: string): TraitReading {
  const bare = text.trim()
  if (bare === '') return { ok: false, problem: 'empty' }
  if (bare.length > CHARACTERS_MAX) return { ok: false, problem: 'too_long' }
  // What POSIX appends: `de_DE.UTF-8`, `de_DE@euro`.
  const tag = canonicalTag(bare.replace(/[.@].*$/, '').replaceAll('_', '-'))
  if (tag !== undefined) return { ok: true, value: tag }
  const suggestion = languageNames().get(comparable(bare)) ?? null
  return { ok: false, problem: 'unknown_language', suggestion }
}

function canonicalTag(text: string): string | undefined {
  try {
    const [tag] = Intl.getCanonicalLocales(text)
    if (tag === undefined) return undefined
    const { language } = new Intl.Locale(tag)
    return LANGUAGE_NAMES.of(language) === undefined ? undefined : tag
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

/**
 * A zone of the IANA database, its case put right. Offsets and abbreviations are not taken: `+02:00` does
 * not say when the clock changes, and `CST` is three zones.
 */
export function readZone(text: string): TraitReading {
  const bare = text.trim()
  if (bare === '') return { ok: false, problem: 'empty' }
  if (!/^(?:[A-Za-z]+(?:[_/+-][A-Za-z0-9_+-]*)+|UTC)$/i.test(bare) || bare.length > CHARACTERS_MAX)
    return { ok: false, problem: 'unknown_zone' }
  const zone = zoneNamed(bare)
  return zone === null ? { ok: false, problem: 'unknown_zone' } : { ok: true, value: zone }
}

/** Pure memo, since asking is dear. Bounded: callers choose the texts. */
const asked = new Map<string, string | null>()
const ASKED_MAX = 2_000

function zoneNamed(text: string): string | null {
  const known = asked.get(text)
  if (known !== undefined) return known
  if (asked.size === ASKED_MAX) asked.clear()
  const zone = askForZone(text)
  asked.set(text, zone)
  return zone
}

function askForZone(text: string): string | null {
  try {
    const { timeZone } = new Intl.DateTimeFormat('en', { timeZone: text }).resolvedOptions()
    // An alias is resolved to a name that may be the older one (`Europe/Kyiv`): it stays as it was said.
    return timeZone.toLowerCase() === text.toLowerCase() ? timeZone : text
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

const REGION_NAMES = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' })
const LANGUAGE_NAMES = new Intl.DisplayNames('en', { type: 'language', fallback: 'none' })

const comparable = (name: string): string =>
  name
    .normalize('NFD')
    .replaceAll(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll(/[^\p{L}]+/gu, ' ')
    .trim()

let countries: ReadonlyMap<string, string> | undefined

function countryNames(): ReadonlyMap<string, string> {
  countries ??= new Map(
    [...COUNTRIES].map((code) => [comparable(REGION_NAMES.of(code) ?? code), code]),
  )
  return countries
}

/** The ISO 639-1 letters: enough of what people write out. */
const LETTERS = 'abcdefghijklmnopqrstuvwxyz'.split('')

let languages: ReadonlyMap<string, string> | undefined

function languageNames(): ReadonlyMap<string, string> {
  languages ??= new Map(
    LETTERS.flatMap((one) => LETTERS.map((other) => one + other)).flatMap((code) => {
      const name = LANGUAGE_NAMES.of(code)
      return name === undefined ? [] : [[comparable(name), code] as const]
    }),
  )
  return languages
}

/** What a phone number is: the only file that asks libphonenumber. */
import {
  isSupportedCountry,
  ParseError,
  parsePhoneNumberWithError,
  type CountryCode,
  type PhoneNumber as Parsed,
} from 'libphonenumber-js/max'

export type PhoneProblem =
  | 'empty'
  /** Written without a country, and nothing says which is meant. */
  | 'no_country'
  | 'unknown_country_code'
  | 'not_a_number'
  | 'too_short'
  | 'too_long'
  /** An extension is dialled by hand: nothing that Rumbo could call or write to. */
  | 'extension'
  /** Of the right form, but in no range that the numbering plan of its country gives out. */
  | 'not_assigned'

export interface PhoneNumber {
  readonly ok: true
  /** `+491701234567` */
  readonly e164: string
  /** ISO 3166 alpha-2; null for numbers of no country (`+800 …`). */
  readonly region: string | null
}

export interface NoPhoneNumber {
  readonly ok: false
  readonly problem: PhoneProblem
}

/** Longer than anything that people write into a field for a number. */
const TEXT_MAX = 64

/**
 * A phone number in E.164, if its country's numbering plan knows it. One without a country code is read
 * as one of `region` (ISO 3166 alpha-2); without a region it is not guessed. `tel:` and the spaces,
 * brackets and dashes that people write are understood.
 */
export function readPhone(
  text: string,
  { region }: { readonly region?: string | undefined } = {},
): PhoneNumber | NoPhoneNumber {
  const bare = text.trim().replace(/^tel:/i, '')
  if (bare === '') return { ok: false, problem: 'empty' }
  if (bare.length > TEXT_MAX) return { ok: false, problem: 'too_long' }
  const country = region?.toUpperCase()
  const known = country !== undefined && isSupportedCountry(country) ? country : undefined
  const read = parse(bare, known)
  if (typeof read === 'string') return { ok: false, problem: read }
  if (read.ext !== undefined) return { ok: false, problem: 'extension' }
  if (!read.isValid()) return { ok: false, problem: 'not_assigned' }
  return { ok: true, e164: read.number, region: read.country ?? null }
}

function parse(text: string, region: CountryCode | undefined): Parsed | PhoneProblem {
  try {
    return parsePhoneNumberWithError(text, {
      extract: false,
      ...(region === undefined ? {} : { defaultCountry: region }),
    })
  } catch (error) {
    if (!(error instanceof ParseError)) throw error
    if (error.message === 'INVALID_COUNTRY')
      return /^[+＋]/.test(text) ? 'unknown_country_code' : 'no_country'
    return PROBLEMS[error.message] ?? 'not_a_number'
  }
}

const PROBLEMS: Readonly<Record<string, PhoneProblem>> = {
  TOO_SHORT: 'too_short',
  TOO_LONG: 'too_long',
}

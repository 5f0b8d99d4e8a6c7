import type { TraitReading } from './trait-reading.ts'

const CHARACTERS_MAX = 200

/** What programs write where they know no name. Case counts: people are called Null. */
const PLACEHOLDERS: ReadonlySet<string> = new Set([
  '(null)',
  'N/A',
  'NULL',
  'NaN',
  'None',
  'UNKNOWN',
  'Unknown',
  '[object Object]',
  'n/a',
  'nil',
  'none',
  'null',
  'undefined',
  'unknown',
])

/**
 * A name as messages may greet with it: composed characters, single spaces, nothing around it. How people write
 * their names is theirs: capitals stay as they are, and are flagged with a suggestion where all or none are.
 */
export function readName(text: string): TraitReading {
  const name = text
    .normalize('NFC')
    .replaceAll(/[\p{Cc}\s]+/gu, ' ')
    .trim()
  if (name === '') return { ok: false, problem: 'empty' }
  if (name.length > CHARACTERS_MAX) return { ok: false, problem: 'too_long' }
  if (PLACEHOLDERS.has(name) || /\{\{|\}\}|\*\|/.test(name))
    return { ok: false, problem: 'placeholder' }
  if (/\S@\S/.test(name)) return { ok: false, problem: 'looks_like_email' }
  if (/:\/\/|\bwww\.|<\w/i.test(name)) return { ok: false, problem: 'looks_like_markup' }
  if (!/\p{L}/u.test(name)) return { ok: false, problem: 'no_letters' }
  const written = capitalised(name)
  return hasOneCase(name) && written !== name
    ? { ok: true, value: name, flags: [{ problem: 'letter_case', suggestion: written }] }
    : { ok: true, value: name }
}

const LETTERS_MIN = 3

const hasOneCase = (name: string): boolean =>
  name.length >= LETTERS_MIN && (name === name.toUpperCase() || name === name.toLowerCase())

const capitalised = (name: string): string =>
  name.toLowerCase().replaceAll(/(?<![\p{L}\p{M}])\p{L}/gu, (letter) => letter.toUpperCase())

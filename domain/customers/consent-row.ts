import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { instantFromIso } from '../time.ts'
import type { ConsentStatement } from './stricter-consent.ts'

/** A consent that another system knows of. */
export interface ConsentRow extends ConsentStatement {
  /** The customer id, or any identity. */
  readonly customer: string
  readonly purpose: string
  readonly channel: string
  /** Tells the row from any other; null: its content does. */
  readonly key: string | null
}

export type ReadConsentRow =
  | { readonly row: ConsentRow; readonly findings: readonly [] }
  | { readonly row: null; readonly findings: readonly Finding[] }

const TEXT_LENGTH_MAX = 255
const PROOF_LENGTH_MAX = 10_000

const FIELDS: ReadonlySet<string> = new Set([
  'customer',
  'purpose',
  'channel',
  'granted',
  'at',
  'source',
  'proof',
  'textVersion',
  'key',
])

/**
 * A row of an import with everything that is wrong with it. A yes needs where, when and what shows
 * it; a no is taken at its word, and without an instant as said now.
 */
export function readConsentRow(value: JsonValue, nowMs: number): ReadConsentRow {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { row: null, findings: [finding('wrong_type', '', 'A row is an object.')] }
  const read = new RowReader(value)
  const granted = read.granted()
  const isYes = granted !== false
  const customer = read.text('customer', true)
  const purpose = read.text('purpose', true)
  const channel = read.text('channel', true)
  const source = read.text('source', isYes)
  const atMs = read.instant(isYes, nowMs)
  const proof = read.proof(isYes)
  const textVersion = read.text('textVersion', false)
  const key = read.text('key', false)
  read.others()
  const { findings } = read
  if (findings.length > 0 || granted === null) return { row: null, findings }
  return {
    row: {
      customer: customer ?? '',
      purpose: purpose ?? '',
      channel: channel ?? '',
      granted,
      atMs: atMs ?? nowMs,
      source: source ?? 'import',
      proof,
      textVersion,
      key,
    },
    findings: [],
  }
}

/** Reads one field after the other, and remembers what is wrong with each. */
class RowReader {
  readonly findings: Finding[] = []
  readonly #row: JsonObject

  constructor(row: JsonObject) {
    this.#row = row
  }

  granted(): boolean | null {
    const value = this.#required('granted', true)
    if (typeof value === 'boolean') return value
    if (value !== null) this.#wrong('granted', 'true or false')
    return null
  }

  text(name: string, isRequired: boolean): string | null {
    const value = this.#required(name, isRequired)
    if (value === null) return null
    const isText = typeof value === 'string' && value.length <= TEXT_LENGTH_MAX && isStorable(value)
    if (isText) return value
    this.#wrong(name, `a text of at most ${TEXT_LENGTH_MAX} characters`)
    return null
  }

  instant(isRequired: boolean, nowMs: number): number | null {
    const value = this.#required('at', isRequired)
    if (value === null) return null
    const ms = typeof value === 'string' ? instantFromIso(value) : null
    if (ms === null) this.#wrong('at', 'an instant such as 2026-11-02T09:30:00Z')
    else if (ms > nowMs) this.#wrong('at', 'an instant that has been')
    else return ms
    return null
  }

  proof(isRequired: boolean): ConsentStatement['proof'] {
    const value = this.#required('proof', isRequired)
    if (value === null) return null
    const isProof =
      typeof value === 'string' || (typeof value === 'object' && !Array.isArray(value))
    const text = JSON.stringify(value)
    if (isProof && text.length <= PROOF_LENGTH_MAX && isStorable(text)) return value
    this.#wrong('proof', `a text or an object of at most ${PROOF_LENGTH_MAX} characters`)
    return null
  }

  others(): void {
    for (const name of Object.keys(this.#row))
      if (!FIELDS.has(name))
        this.findings.push(
          finding('unknown_field', child('', name), `There is no field "${name}" in a consent.`),
        )
  }

  /** Null where it is absent: a finding, if it must be there. */
  #required(name: string, isRequired: boolean): JsonValue {
    const value = Object.hasOwn(this.#row, name) ? (this.#row[name] ?? null) : null
    if (value !== null && value !== '') return value
    if (isRequired)
      this.findings.push(
        finding('missing_field', child('', name), `"${name}" is missing${WHY[name] ?? ''}.`),
      )
    return null
  }

  #wrong(name: string, wanted: string): void {
    this.findings.push(finding('invalid_value', child('', name), `"${name}" is ${wanted}.`))
  }
}

/** What a yes without it lacks. */
const WHY: Readonly<Record<string, string>> = {
  at: ': a consent that was given says when',
  source: ': a consent that was given says where',
  proof: ': a consent that was given says what shows it',
}

/** The store has no place for NUL. */
const isStorable = (text: string): boolean => !text.includes('\0') && !text.includes('\\u0000')

const finding = (code: string, path: string, message: string): Finding => ({
  code,
  path,
  message,
  severity: 'error',
})

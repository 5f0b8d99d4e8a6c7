import type { JsonValue } from '../../domain/json.ts'
import { instantFromIso, instantOn, isDate } from '../../domain/time.ts'

export type Conversion =
  | 'asIs'
  | 'text'
  | 'number'
  | 'boolean'
  | 'json'
  | 'instant'
  | 'unix'
  | 'unixms'

/** How a value of a file is read; undefined where it cannot be. Texts of CSV and values of JSON alike. */
const CONVERSIONS: Readonly<
  Record<Conversion, (value: JsonValue, zone: string) => JsonValue | undefined>
> = {
  asIs: (value) => value,
  text: (value) =>
    typeof value === 'string'
      ? value
      : typeof value === 'number' || typeof value === 'boolean'
        ? String(value)
        : undefined,
  number: (value) => numberIn(value),
  boolean: (value) =>
    typeof value === 'string' || typeof value === 'number'
      ? BOOLEANS[String(value).trim().toLowerCase()]
      : typeof value === 'boolean'
        ? value
        : undefined,
  json: (value) => (typeof value === 'string' ? parsed(value) : value),
  instant: (value, zone) => (typeof value === 'string' ? instantIn(value.trim(), zone) : undefined),
  unix: (value) => epoch(numberIn(value), 1000),
  unixms: (value) => epoch(numberIn(value), 1),
}

/** As many texts as are remembered at a time. */
const REMEMBERED_MAX = 10_000

/**
 * Reads values on the clock of `zone`. Rows that follow each other often tell the same instant, and
 * the calendar is slow: instants are remembered for a while.
 */
export function createConverter(
  zone: string,
): (value: JsonValue, as: Conversion) => JsonValue | undefined {
  const instants = new Map<JsonValue, JsonValue | undefined>()
  return (value, as) => {
    if (as !== 'instant') return CONVERSIONS[as](value, zone)
    if (!instants.has(value)) {
      if (instants.size >= REMEMBERED_MAX) instants.clear()
      instants.set(value, CONVERSIONS.instant(value, zone))
    }
    return instants.get(value)
  }
}

/** The names of all conversions. */
export const CONVERSION_NAMES: readonly string[] = Object.keys(CONVERSIONS)

export const isConversion = (name: string): name is Conversion => Object.hasOwn(CONVERSIONS, name)

const BOOLEANS: Readonly<Record<string, boolean>> = {
  true: true,
  yes: true,
  '1': true,
  false: false,
  no: false,
  '0': false,
}

function numberIn(value: JsonValue): number | undefined {
  if (typeof value === 'number') return value
  if (typeof value !== 'string' || !/^\s*[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?\s*$/i.test(value))
    return undefined
  const number = Number(value)
  return Number.isFinite(number) ? number : undefined
}

function parsed(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue
  } catch {
    return undefined
  }
}

function epoch(value: number | undefined, unitMs: number): string | undefined {
  if (value === undefined || Math.abs(value * unitMs) > 8.64e15) return undefined
  return isoOf(Math.round(value * unitMs))
}

const isoOf = (ms: number): string => new Date(ms).toISOString()

/** RFC 3339, or a date with or without a time on the clock of `zone`. */
function instantIn(text: string, zone: string): string | undefined {
  const ms = instantFromIso(text.replace(' ', 'T'))
  if (ms !== null) return isoOf(ms)
  const [, date = '', time = '00:00', seconds = '0'] =
    /^(\d{4}-\d\d-\d\d)(?:[ T]((?:[01]\d|2[0-3]):[0-5]\d)(?::([0-5]\d(?:\.\d+)?))?)?$/.exec(text) ??
    []
  if (!isDate(date)) return undefined
  const minute = instantOn(date, time, zone)
  return isoOf(minute + Math.round(Number(seconds) * 1000))
}

import { DefinitionError } from '../errors.ts'
import type { DateRule } from '../journeys/journey.ts'
import type { JsonValue } from '../json.ts'
import {
  addSignedDuration,
  addYears,
  durationMs,
  instantFromIso,
  instantOf,
  instantOn,
  isDate,
  isLocalTime,
  localDate,
  localTime,
  toIso,
  wallClock,
} from '../time.ts'
import { isPersonalTrait } from './personal-traits.ts'

/**
 * Traits that hold a date, as far as triggers and waits reckon from them. The engine never sees the
 * trait itself but a date fact, in one of three forms: a day (`2026-12-06`), an instant
 * (`2026-12-06T08:00:00.000Z`), or, of a trait that holds personal data, day and month alone
 * (`--12-06`): a birthday may wake an actor, the year of birth stays in SQL.
 */

/** When a date without a time of its own falls due. */
export const DATE_TIME = '09:00'

const MONTH_DAY = /^--\d{2}-\d{2}$/
/** RFC 3339: `instantFromIso` alone takes more. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i
/** Stands in where a date has no year: one that has a 29 February, before anything that could be due. */
const LEAP_YEAR = '1904'

/** The date fact of a trait's value; null where there is none, or none that can be read. */
export function readDateFact(name: string, value: JsonValue | undefined): string | null {
  if (typeof value !== 'string') return null
  const isPersonal = isPersonalTrait(name)
  if (isPersonal && MONTH_DAY.test(value)) return isDate(LEAP_YEAR + value.slice(1)) ? value : null
  if (isDate(value)) return isPersonal ? monthDay(value) : value
  const ms = INSTANT.test(value) ? instantFromIso(value) : null
  if (ms === null) return null
  if (isPersonal) return monthDay(value.slice(0, 10))
  // In UTC the first and the last day of what four digits can write may lie outside.
  return INSTANT.test(toIso(ms)) ? toIso(ms) : null
}

/** Whether a date fact says day and month alone. */
export const isMonthDay = (fact: string): boolean => MONTH_DAY.test(fact)

/** What a date rule says of one customer. */
export interface Occurrence {
  /** When it is due: offset and time of day counted in. */
  readonly atMs: number
  /** The day itself on the customer's calendar, `YYYY-MM-DD`. */
  readonly date: string
  /** Names it whatever zone the customer lives in: the date fact, moved to the year that is meant. */
  readonly id: string
}

/**
 * What of `rule` is due next after `afterMs`, for a customer in `zone` whose date fact is `fact`. Null
 * when nothing is: a date that comes once has passed, or says no year. A yearly one begins in the
 * year that the date names.
 *
 * @throws {DefinitionError} for a rule that the checker would have refused
 */
export function dateInstant(
  fact: string,
  rule: DateRule,
  zone: string,
  afterMs: number,
): Occurrence | null {
  if (rule.at !== undefined && !isLocalTime(rule.at))
    throw new DefinitionError(`"${rule.at}" is not a time of day such as 09:00.`)
  if (rule.yearly !== true) {
    const once = MONTH_DAY.test(fact) ? null : occurrence(fact, rule, zone, 0)
    return once === null || once.atMs <= afterMs ? null : once
  }
  const fromYear = Number(firstDay(fact, zone).slice(0, 4))
  const nearYear = wallClock(afterMs - offsetMs(rule), zone).year
  // Begins a few years early: the length of an offset in months is rough.
  for (let years = Math.max(0, nearYear - fromYear - 3); ; years++) {
    const next = occurrence(fact, rule, zone, years)
    if (next.atMs > afterMs) return next
  }
}

/** The one that is `years` after the date that the fact names. */
function occurrence(
  fact: string,
  { offset, at }: DateRule,
  zone: string,
  years: number,
): Occurrence {
  const date = addYears(firstDay(fact, zone), years)
  if (!fact.includes('T'))
    return { atMs: instantOn(date, at ?? DATE_TIME, zone, offset), date, id: date }
  const ms = instantOf(fact)
  const id = addYears(fact.slice(0, 10), years) + fact.slice(10)
  if (at !== undefined || years > 0)
    return { atMs: instantOn(date, at ?? localTime(ms, zone), zone, offset), date, id }
  return { atMs: offset === undefined ? ms : addSignedDuration(ms, offset, zone), date, id }
}

/** The day that the fact itself names, on a calendar in `zone`. */
function firstDay(fact: string, zone: string): string {
  if (MONTH_DAY.test(fact)) return LEAP_YEAR + fact.slice(1)
  return fact.includes('T') ? localDate(instantOf(fact), zone) : fact
}

function offsetMs({ offset }: DateRule): number {
  if (offset === undefined) return 0
  return offset.startsWith('-') ? -durationMs(offset.slice(1)) : durationMs(offset)
}

function monthDay(date: string): string {
  return `-${date.slice(4)}`
}

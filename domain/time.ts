/**
 * Durations and customers' clocks. The `implementation` entry keeps to the polyfill where the
 * runtime has a Temporal of its own: a workflow must replay alike on every version of Node.
 */
import { Temporal } from 'temporal-polyfill/implementation'
import { DefinitionError, invariant } from './errors.ts'
import {
  WEEKDAYS,
  type IsoDuration,
  type LocalTime,
  type SignedDuration,
  type Weekday,
} from './journeys/values.ts'

const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
/** Longer ones are typing errors, and could leave the range of an instant. */
const DURATION_MS_MAX = 100 * 365 * DAY_MS
const PARSED_MAX = 256
/** No duration and no instant needs more; longer text is not worth parsing. */
const TEXT_MAX = 64

/** Pure memo: the same text always parses to the same duration. */
const parsed = new Map<string, Temporal.Duration>()

/**
 * `atMs` plus the duration on the calendar of `zone`: `P1D` lands on the same wall time, hours are
 * exact. A wall time that a clock change skips is moved on by the length of the gap; of one that
 * comes twice the first is taken. In UTC every day has 24 hours.
 *
 * @throws {DefinitionError} for a duration that `parseDurationProblem` reports
 */
export function addDuration(atMs: number, duration: IsoDuration, zone = 'UTC'): number {
  return onClock(atMs, zone).add(parseDuration(duration)).epochMilliseconds
}

/**
 * Exact length, for windows and thresholds: a day is 24 hours, a week 7 days, a month 30 days, a
 * year 365 days, whatever the calendar says.
 *
 * @throws {DefinitionError} for a duration that `parseDurationProblem` reports
 */
export function durationMs(duration: IsoDuration): number {
  return lengthMs(parseDuration(duration))
}

/** What is wrong with a duration that somebody wrote, as a sentence; null when it may be used. */
export function parseDurationProblem(text: string): string | null {
  const duration = tryParse(text)
  if (!duration) return `"${text}" is not an ISO 8601 duration such as P3D or PT2H.`
  const ms = lengthMs(duration)
  if (ms < 0) return `"${text}" is negative; write a duration without a minus, such as P3D.`
  if (ms === 0) return `"${text}" is no time at all; write a longer one, such as PT1H.`
  if (ms > DURATION_MS_MAX) return `"${text}" is longer than 100 years; write a shorter one.`
  return null
}

/** Like `parseDurationProblem`, of a duration that may lie in the past: `-P7D`. */
export function signedDurationProblem(text: string): string | null {
  return parseDurationProblem(text.replace(/^-/, ''))
}

/**
 * Like `addDuration`; a minus in front goes back on the calendar.
 *
 * @throws {DefinitionError} for a duration that `signedDurationProblem` reports
 */
export function addSignedDuration(atMs: number, duration: SignedDuration, zone: string): number {
  return onClock(atMs, zone).add(parseSigned(duration)).epochMilliseconds
}

/** Whether a calendar has this day, written `YYYY-MM-DD`. */
export function isDate(text: string): boolean {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) return false
  try {
    Temporal.PlainDate.from(text)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** The day that a calendar in `zone` shows, `YYYY-MM-DD`. */
export function localDate(ms: number, zone: string): string {
  return onClock(ms, zone).toPlainDate().toString()
}

/** The time that a clock in `zone` shows, `HH:MM` or, where that is not exact, `HH:MM:SS.sss`. */
export function localTime(ms: number, zone: string): string {
  const time = onClock(ms, zone).toPlainTime()
  return time.toString(time.second + time.millisecond === 0 ? { smallestUnit: 'minute' } : {})
}

/** The same day `years` later; the 28th of February for the 29th where a year has none. */
export function addYears(date: string, years: number): string {
  return Temporal.PlainDate.from(date).add({ years }).toString()
}

/**
 * The instant at which a clock in `zone` shows `time` on the day that lies `offset` from `date`.
 * Days of the offset are counted on the calendar, hours are exact and come on top. Clock changes are
 * met as in `nextLocalTime`.
 *
 * @throws {DefinitionError} for an offset that `signedDurationProblem` reports
 */
export function instantOn(
  date: string,
  time: string,
  zone: string,
  offset?: SignedDuration,
): number {
  const by = offset === undefined ? new Temporal.Duration() : parseSigned(offset)
  const { years, months, weeks, days } = by
  const day = Temporal.PlainDate.from(date).add({ years, months, weeks, days })
  const { hours, minutes, seconds, milliseconds } = by
  return day
    .toZonedDateTime({ timeZone: zone, plainTime: Temporal.PlainTime.from(time) })
    .add({ hours, minutes, seconds, milliseconds }).epochMilliseconds
}

/**
 * The first instant at or after `atMs` at which a clock in `zone` shows `time`. Each date has one
 * such instant: where a clock change skips the time, the time moved on by the length of the gap;
 * where it comes twice, the first.
 *
 * @throws {DefinitionError} when `time` is not `HH:MM`
 */
export function nextLocalTime(atMs: number, time: LocalTime, zone: string): number {
  return nextAligned(atMs, { at: time }, zone)
}

/** A time of day, days of the week, or both. */
export interface Alignment {
  readonly at?: LocalTime
  readonly weekdays?: readonly Weekday[]
}

/**
 * The first instant at or after `atMs` that is at that time of day and on one of those weekdays, as
 * calendar and clock in `zone` show them. Without a time of day it is `atMs` itself where the weekday
 * fits, else the same wall time on the next day that does.
 *
 * @throws {DefinitionError} when the time is not `HH:MM`, or no weekday is named
 */
export function nextAligned(atMs: number, { at, weekdays }: Alignment, zone: string): number {
  const now = onClock(atMs, zone)
  const wallTime = at === undefined ? now.toPlainTime() : wallTimeOf(at)
  const today = now.toPlainDate()
  // A week holds every weekday, and today's time may have passed.
  for (let days = 0; days <= 8; days++) {
    const date = today.add({ days })
    const weekday = WEEKDAYS[date.dayOfWeek - 1]
    if (weekdays !== undefined && (weekday === undefined || !weekdays.includes(weekday))) continue
    if (at === undefined && days === 0) return atMs
    const ms = date.toPlainDateTime(wallTime).toZonedDateTime(zone).epochMilliseconds
    if (ms >= atMs) return ms
  }
  throw new DefinitionError('None of the weekdays ever comes.')
}

/** From an instant to the one that no longer belongs to it. */
export interface Span {
  readonly fromMs: number
  readonly untilMs: number
}

/** A stretch of local time that begins on some days of the week, on all where none are named. */
export interface LocalStretch {
  readonly from: LocalTime
  /** On the next day where it is not later than `from`. */
  readonly until: LocalTime
  readonly weekdays?: readonly Weekday[]
}

/** Days of the week, and those around it: none begins later than so many days from now. */
const STRETCH_DAYS_MAX = 8

/**
 * When the stretch lies, in order: from the day before `atMs` to all weekdays after it. An end that a
 * clock change skips is moved on by the length of the gap; of a time that comes twice the first
 * begins and the second ends.
 *
 * @throws {DefinitionError} when a time is not `HH:MM`
 */
export function* localSpans(
  atMs: number,
  { from, until, weekdays }: LocalStretch,
  zone: string,
): Generator<Span, void> {
  const [begin, end] = [wallTimeOf(from), wallTimeOf(until)]
  const isOverMidnight = end.hour * 60 + end.minute <= begin.hour * 60 + begin.minute
  const today = onClock(atMs, zone).toPlainDate()
  for (let days = -1; days <= STRETCH_DAYS_MAX; days++) {
    const date = today.add({ days })
    const weekday = WEEKDAYS[date.dayOfWeek - 1]
    if (weekdays !== undefined && (weekday === undefined || !weekdays.includes(weekday))) continue
    const lastDate = isOverMidnight ? date.add({ days: 1 }) : date
    const untilAt = lastDate.toPlainDateTime(end)
    yield {
      fromMs: date.toPlainDateTime(begin).toZonedDateTime(zone).epochMilliseconds,
      untilMs: untilAt.toZonedDateTime(zone, { disambiguation: 'later' }).epochMilliseconds,
    }
  }
}

/** The day, the week from Monday, or the month that a calendar in `zone` shows at that instant. */
export function calendarPeriod(atMs: number, unit: 'day' | 'week' | 'month', zone: string): Span {
  const today = onClock(atMs, zone).toPlainDate()
  const first = {
    day: () => today,
    week: () => today.subtract({ days: today.dayOfWeek - 1 }),
    month: () => today.with({ day: 1 }),
  }[unit]()
  const next = first.add({ [`${unit}s`]: 1 })
  return {
    fromMs: first.toZonedDateTime(zone).epochMilliseconds,
    untilMs: next.toZonedDateTime(zone).epochMilliseconds,
  }
}

/** Whether a text is a time of day, `00:00` to `23:59`. */
export const isLocalTime = (text: string): boolean => LOCAL_TIME.test(text)

const LOCAL_TIME = /^([01]\d|2[0-3]):([0-5]\d)$/

function wallTimeOf(time: LocalTime): { hour: number; minute: number } {
  const match = LOCAL_TIME.exec(time)
  if (!match) throw new DefinitionError(`"${time}" is not a time of day such as 09:00.`)
  return { hour: Number(match[1]), minute: Number(match[2]) }
}

/** Whether `zone` is an IANA time zone that this runtime knows. Bare offsets (`+02:00`) are not. */
export function isZone(zone: string): boolean {
  if (!/^[A-Za-z][\w+\-/]*$/.test(zone)) return false
  try {
    onClock(0, zone)
    return true
  } catch (error) {
    if (error instanceof RangeError) return false
    throw error
  }
}

/** `2026-12-06T08:00:00.000Z`. */
export function toIso(ms: number): string {
  return instant(ms).toString({ fractionalSecondDigits: 3 })
}

/** The instant that an RFC 3339 text with an offset names; null for anything else. */
export function instantFromIso(text: string): number | null {
  if (text.length > TEXT_MAX) return null
  try {
    return Temporal.Instant.from(text).epochMilliseconds
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

/**
 * The instant that a definition names.
 *
 * @throws {DefinitionError} where `instantFromIso` knows none
 */
export function instantOf(text: string): number {
  const ms = instantFromIso(text)
  if (ms === null)
    throw new DefinitionError(`"${text}" is not an instant such as 2026-12-24T18:00:00Z.`)
  return ms
}

/** For people: `2026-12-06 09:00 Europe/Madrid`. */
export function formatInstant(ms: number, zone: string): string {
  const wall = onClock(ms, zone).toPlainDateTime().toString({ smallestUnit: 'minute' })
  return `${wall.replace('T', ' ')} ${zone}`
}

export interface WallClock {
  readonly year: number
  /** 1 to 12. */
  readonly month: number
  readonly day: number
  /** 1 is Monday, 7 is Sunday. */
  readonly dayOfWeek: number
  readonly dayOfYear: number
  readonly hour: number
  readonly minute: number
  readonly second: number
  readonly millisecond: number
}

/** What calendar and clock show in `zone` at that instant. */
export function wallClock(ms: number, zone: string): WallClock {
  return onClock(ms, zone)
}

function instant(ms: number): Temporal.Instant {
  return Temporal.Instant.fromEpochMilliseconds(ms)
}

function onClock(ms: number, zone: string): Temporal.ZonedDateTime {
  return instant(ms).toZonedDateTimeISO(zone)
}

function parseDuration(text: string): Temporal.Duration {
  const known = parsed.get(text)
  if (known) return known
  const problem = parseDurationProblem(text)
  if (problem !== null) throw new DefinitionError(problem)
  const duration = tryParse(text)
  invariant(duration, 'a duration without a problem parses')
  if (parsed.size >= PARSED_MAX) parsed.clear()
  parsed.set(text, duration)
  return duration
}

function parseSigned(text: SignedDuration): Temporal.Duration {
  return text.startsWith('-') ? parseDuration(text.slice(1)).negated() : parseDuration(text)
}

function tryParse(text: string): Temporal.Duration | null {
  if (text.length > TEXT_MAX) return null
  try {
    return Temporal.Duration.from(text)
  } catch (error) {
    if (error instanceof RangeError) return null
    throw error
  }
}

function lengthMs(duration: Temporal.Duration): number {
  const { years, months, weeks, days, hours, minutes, seconds, milliseconds } = duration
  return (
    (years * 365 + months * 30 + weeks * 7 + days) * DAY_MS +
    hours * HOUR_MS +
    minutes * 60_000 +
    seconds * 1_000 +
    milliseconds
  )
}

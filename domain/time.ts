/**
 * Durations and customers' clocks. The `implementation` entry keeps to the polyfill where the
 * runtime has a Temporal of its own: a workflow must replay alike on every version of Node.
 */
import { Temporal } from 'temporal-polyfill/implementation'
import { DefinitionError, invariant } from './errors.ts'
import type { IsoDuration, LocalTime } from './journeys/journey.ts'

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
  if (ms < 0) return `"${text}" is negative.`
  if (ms === 0) return `"${text}" is no time at all.`
  if (ms > DURATION_MS_MAX) return `"${text}" is longer than 100 years.`
  return null
}

/**
 * The first instant at or after `atMs` at which a clock in `zone` shows `time`. Each date has one
 * such instant: where a clock change skips the time, the time moved on by the length of the gap;
 * where it comes twice, the first.
 *
 * @throws {DefinitionError} when `time` is not `HH:MM`
 */
export function nextLocalTime(atMs: number, time: LocalTime, zone: string): number {
  const match = /^([01]\d|2[0-3]):([0-5]\d)$/.exec(time)
  if (!match) throw new DefinitionError(`"${time}" is not a time of day such as 09:00.`)
  const wallTime = { hour: Number(match[1]), minute: Number(match[2]) }
  const today = onClock(atMs, zone).toPlainDate()
  for (let days = 0; ; days++) {
    const date = today.add({ days })
    const ms = date.toPlainDateTime(wallTime).toZonedDateTime(zone).epochMilliseconds
    if (ms >= atMs) return ms
  }
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

import type { Finding } from '../errors.ts'
import { CONTACT_CELLS } from './contact-cells.ts'
import type { Placed } from '../journeys/journey-parts.ts'
import { WEEKDAYS, type SendWindow } from '../journeys/values.ts'
import { isLocalTime } from '../time.ts'
import type { PolicyWindow, QuietHours } from './policy.ts'
import type { PolicyParts } from './policy-parts.ts'
import { strictHours } from './quiet-hours.ts'
import { isMeant, type Scoped } from './scope.ts'

const DAY_MINUTES = 24 * 60
const WEEK_MINUTES = 7 * DAY_MINUTES

/**
 * Quiet hours and send windows that together leave some messages not a minute of the week: for
 * anybody, or for those whose clock nobody knows, of whom stricter hours hold.
 */
export function weekFindings(parts: PolicyParts): Finding[] {
  const closed = closedCells(parts, (hours) => hours)
  const forAnybody = closed.map(({ path, cell }): Finding => ({
    code: 'no_time_left',
    path,
    message: `With this, ${messagesOf(cell)} could go out at no time of the week; leave them some hours, or drop them by the matrix.`,
    severity: 'error',
  }))
  if (forAnybody.length > 0) return forAnybody
  return closedCells(parts, forGuessedClock).map(({ path, cell }): Finding => ({
    code: 'no_time_left',
    path,
    message: `With this, ${messagesOf(cell)} could go out at no time of the week to customers whose time zone nobody knows, since quiet hours are longer for them; leave them some hours by "unknownZone".`,
    severity: 'warning',
  }))
}

const forGuessedClock = (hours: QuietHours): QuietHours =>
  isLocalTime(hours.from) && isLocalTime(hours.until) ? { ...hours, ...strictHours(hours) } : hours

const messagesOf = ({ class: messageClass, channel }: Scoped): string =>
  `${messageClass} messages by ${channel}`

/** Messages for which nothing is open, one for each rule that closes the last minute. */
function closedCells(
  { quietHours, sendWindows }: PolicyParts,
  hoursOf: (hours: QuietHours) => QuietHours,
): { path: string; cell: Scoped }[] {
  const rules: Rule[] = [
    ...quietHours.map(({ path, part }) => ({ path, part, closed: minutesOf([hoursOf(part)]) })),
    ...sendWindows.map(({ path, part }) => ({ path, part, closed: minutesOutside(part) })),
  ]
  const closing = new Map<string, Scoped>()
  for (const cell of CONTACT_CELLS) {
    const last = lastNeeded(rules.filter(({ part }) => isMeant(part, cell)))
    if (last !== null && !closing.has(last.path)) closing.set(last.path, cell)
  }
  return [...closing].map(([path, cell]) => ({ path, cell }))
}

/** One byte a minute of the week: 1 where the minute is meant. */
type Minutes = Uint8Array

interface Rule extends Placed<QuietHours | PolicyWindow> {
  /** Minutes in which nothing goes out. */
  readonly closed: Minutes
}

/** The rule that closes the last minute that those before it left open. */
function lastNeeded(rules: readonly Rule[]): Rule | null {
  const open = new Uint8Array(WEEK_MINUTES).fill(1)
  for (const rule of rules) {
    for (const [minute, isClosed] of rule.closed.entries()) if (isClosed === 1) open[minute] = 0
    if (!open.includes(1)) return rule
  }
  return null
}

function minutesOutside({ windows }: PolicyWindow): Minutes {
  // What cannot be read may leave any minute open.
  if (windows.some(({ from, until }) => !isLocalTime(from) || !isLocalTime(until)))
    return new Uint8Array(WEEK_MINUTES)
  return minutesOf(windows).map((isOpen) => 1 - isOpen)
}

function minutesOf(stretches: readonly SendWindow[]): Minutes {
  const minutes = new Uint8Array(WEEK_MINUTES)
  for (const { from, until, weekdays = WEEKDAYS } of stretches) {
    if (!isLocalTime(from) || !isLocalTime(until)) continue
    const length = (minuteOf(until) - minuteOf(from) + DAY_MINUTES) % DAY_MINUTES
    for (const weekday of weekdays) {
      const start = WEEKDAYS.indexOf(weekday) * DAY_MINUTES + minuteOf(from)
      const end = start + length
      minutes.fill(1, start, end)
      // The night after Sunday is that before Monday.
      if (end > WEEK_MINUTES) minutes.fill(1, 0, end - WEEK_MINUTES)
    }
  }
  return minutes
}

const minuteOf = (time: string): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

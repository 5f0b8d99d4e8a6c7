import type { LocalTime } from '../journeys/values.ts'
import { durationMs, localSpans, type LocalStretch } from '../time.ts'
import type { QuietHours } from './policy.ts'

/** What waited for the end of a rest goes out over so long, where nothing else is said. */
export const SPREAD_DEFAULT = 'PT30M'
/** By how much quiet hours begin earlier and end later where nobody knows the customer's clock. */
const UNKNOWN_ZONE_MINUTES = 120
const DAY_MINUTES = 24 * 60

/** The clock that quiet hours are read on. */
export interface CustomersClock {
  readonly zone: string
  /** Nobody knows where the customer lives: the stricter hours hold. */
  readonly isGuess: boolean
}

/** Until when it is quiet, and over how long what waited goes out then; null where it is not quiet. */
export function quietAt(
  quietHours: readonly QuietHours[],
  clock: CustomersClock,
  atMs: number,
): { readonly untilMs: number; readonly spreadMs: number } | null {
  let quiet: { untilMs: number; spreadMs: number } | null = null
  for (const hours of quietHours) {
    for (const { fromMs, untilMs } of localSpans(atMs, stretchOf(hours, clock), clock.zone)) {
      if (fromMs > atMs) break
      if (untilMs > atMs && untilMs > (quiet?.untilMs ?? 0))
        quiet = { untilMs, spreadMs: durationMs(hours.spread ?? SPREAD_DEFAULT) }
    }
  }
  return quiet
}

/** When it becomes quiet next; Infinity for never. */
export function nextQuietMs(
  quietHours: readonly QuietHours[],
  clock: CustomersClock,
  atMs: number,
): number {
  let next = Infinity
  for (const hours of quietHours) {
    for (const { fromMs } of localSpans(atMs, stretchOf(hours, clock), clock.zone)) {
      if (fromMs <= atMs) continue
      next = Math.min(next, fromMs)
      break
    }
  }
  return next
}

function stretchOf(hours: QuietHours, { isGuess }: CustomersClock): LocalStretch {
  const { from, until } = isGuess ? strictHours(hours) : hours
  return { from, until, ...(hours.weekdays === undefined ? {} : { weekdays: hours.weekdays }) }
}

/** The hours of customers whose clock nobody knows. */
export const strictHours = (hours: QuietHours): Pick<QuietHours, 'from' | 'until'> =>
  hours.unknownZone ?? widened(hours)

/** Two hours earlier and two hours longer; as they are where that would leave no hour of the day. */
function widened({ from, until }: QuietHours): Pick<QuietHours, 'from' | 'until'> {
  const [begin, end] = [minutesOf(from), minutesOf(until)]
  const length = (end - begin + DAY_MINUTES) % DAY_MINUTES
  if (length + 2 * UNKNOWN_ZONE_MINUTES > DAY_MINUTES - 60) return { from, until }
  return {
    from: timeOf(begin - UNKNOWN_ZONE_MINUTES),
    until: timeOf(end + UNKNOWN_ZONE_MINUTES),
  }
}

const minutesOf = (time: LocalTime): number => Number(time.slice(0, 2)) * 60 + Number(time.slice(3))

function timeOf(minutes: number): LocalTime {
  const ofDay = (minutes + DAY_MINUTES) % DAY_MINUTES
  const two = (value: number) => String(value).padStart(2, '0')
  return `${two(Math.floor(ofDay / 60))}:${two(ofDay % 60)}`
}

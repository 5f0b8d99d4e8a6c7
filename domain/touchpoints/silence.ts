import type { IsoDuration } from '../journeys/values.ts'
import { durationMs } from '../time.ts'

const DAY_MS = 86_400_000
/** Days up to the last event from which it is told what is usual. */
const PAST_DAYS = 28
/** Of fewer nobody can tell what is usual. */
const GAPS_MIN = 2
/** So many times the longest gap of the past is unusually long. */
const FACTOR = 3

/** What is known of a touchpoint. */
export interface TouchpointPast {
  /** UTC days with events, oldest first: `2026-12-06`. */
  readonly days: readonly string[]
  /** Null: never, as far as is remembered. */
  readonly lastSeenAtMs: number | null
  /** What its owner says. Null: nothing. */
  readonly expectedEvery: IsoDuration | null
  /** When somebody first told of it. Null: nobody has. */
  readonly knownSinceMs: number | null
}

export interface Silence {
  /** The median gap between days with events; null where there are too few. */
  readonly usualGapDays: number | null
  /** Longer than this without an event is unusual; null where nobody can tell. */
  readonly silentAfter: IsoDuration | null
  /** Since when there is nothing, where that is unusually long; null where it is not. */
  readonly silentSinceMs: number | null
}

/**
 * Whether a touchpoint has been silent for unusually long: longer than its owner says, or, where nobody
 * says anything, longer than three times the longest gap between days with events in the 28 days up to
 * its last one. One that was told of and never came is judged from when it was told of.
 */
export function silenceOf(past: TouchpointPast, nowMs: number): Silence {
  const gaps = gapsOf(past.days)
  const longest = gaps.at(-1)
  const isKnown = gaps.length >= GAPS_MIN && longest !== undefined
  const usualGapDays = isKnown ? medianOf(gaps) : null
  const silentAfter = past.expectedEvery ?? (isKnown ? `P${FACTOR * longest}D` : null)
  const sinceMs = past.lastSeenAtMs ?? past.knownSinceMs
  const isSilent =
    silentAfter !== null && sinceMs !== null && nowMs - sinceMs > durationMs(silentAfter)
  return { usualGapDays, silentAfter, silentSinceMs: isSilent ? sinceMs : null }
}

/** Days from one day with events to the next, the shortest first. */
function gapsOf(days: readonly string[]): number[] {
  const numbers = days.map((day) => Date.parse(day) / DAY_MS)
  const last = numbers.at(-1)
  if (last === undefined) return []
  const recent = numbers.filter((day) => day >= last - PAST_DAYS)
  return recent
    .slice(1)
    .map((day, index) => day - (recent[index] ?? day))
    .toSorted((a, b) => a - b)
}

function medianOf(sorted: readonly number[]): number {
  const middle = (sorted.length - 1) / 2
  const [low = 0, high = 0] = [sorted[Math.floor(middle)], sorted[Math.ceil(middle)]]
  return (low + high) / 2
}

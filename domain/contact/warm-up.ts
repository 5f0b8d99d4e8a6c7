import { fractionOf } from '../random.ts'
import { instantOf, localDate } from '../time.ts'
import type { WarmUp } from './policy.ts'

const DAY_MS = 86_400_000
/** Over so long after midnight goes out what the day before had no room for. */
const SPREAD_MS = 4 * 3_600_000

/** What the curve of a sending domain allows on one day, UTC. */
export interface WarmUpDay {
  /** `2026-12-01`. */
  readonly day: string
  readonly max: number
}

/** Null once the curve is over: there is no limit, and nothing to count. Before its first day it allows none. */
export function warmUpDay({ from, perDay }: WarmUp, atMs: number): WarmUpDay | null {
  const place = Math.floor(atMs / DAY_MS) - Math.floor(instantOf(from) / DAY_MS)
  if (place >= perDay.length) return null
  return { day: localDate(atMs, 'UTC'), max: perDay[place] ?? 0 }
}

/** When a message that found no room today is judged again: tomorrow, each at a time of its own. */
export function afterWarmUpDay(atMs: number, spreadKey: string): number {
  const tomorrowMs = (Math.floor(atMs / DAY_MS) + 1) * DAY_MS
  return tomorrowMs + Math.floor(fractionOf(spreadKey) * SPREAD_MS)
}

const DAY_MS = 24 * 3_600_000
const WEEK_MS = 7 * DAY_MS
/** 1970-01-05 00:00 UTC, a Monday. */
const FIRST_MONDAY_MS = 4 * DAY_MS

/** Monday 00:00 UTC at or before an instant. */
export function mondayBefore(atMs: number): number {
  return Math.floor((atMs - FIRST_MONDAY_MS) / WEEK_MS) * WEEK_MS + FIRST_MONDAY_MS
}

/** Monday 00:00 UTC strictly after an instant. */
export function mondayAfter(atMs: number): number {
  return mondayBefore(atMs) + WEEK_MS
}

/**
 * By how much a customer's instants are moved: whole weeks, such that the Monday before the first
 * event becomes the next Monday from now. Weekday and hour of every event are kept.
 */
export function weeksShiftMs(firstEventAtMs: number, nowMs: number): number {
  return mondayAfter(nowMs) - mondayBefore(firstEventAtMs)
}

/** Longest period that a report of counts by the day can be asked for. */
export const REPORT_DAYS_MAX = 90

/**
 * What came earlier is not looked at by any of them: of touchpoints, what is usual is told by the 28 days up
 * to the last event.
 */
export const REMEMBERED_DAYS = REPORT_DAYS_MAX + 30

/** Counts are kept for so long: a day more, for the one that has begun, and one for clocks that differ. */
export const COUNTS_KEPT_DAYS = REMEMBERED_DAYS + 2

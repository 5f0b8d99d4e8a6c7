import type { Counter } from './counter.ts'
import type { LoadFigures } from './report.ts'

const HOUR_AT = '2011-01-03T'.length

/** How the messages spread over the hours. `byHour` is named as `2011-01-03T09`. */
export function loadOf(byHour: Counter): LoadFigures {
  const hours = byHour.entries
  const byHourOfDay = Array.from({ length: 24 }, () => 0)
  let busiest: LoadFigures['busiest'] = null
  for (const [hour, sent] of hours) {
    const ofDay = Number(hour.slice(HOUR_AT))
    byHourOfDay[ofDay] = (byHourOfDay[ofDay] ?? 0) + sent
    if (busiest === null || sent > busiest.sent) busiest = { hour, sent }
  }
  const sorted = hours.map(([, sent]) => sent).toSorted((a, b) => a - b)
  return {
    byHour: byHour.counts,
    byHourOfDay,
    busiest,
    median: sorted[Math.floor((sorted.length - 1) / 2)] ?? 0,
  }
}

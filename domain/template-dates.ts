import { strftime } from './strftime.ts'
import { instantFromIso } from './time.ts'

/** Rides along with a rendering as its globals. */
export interface TemplateClock {
  readonly nowMs: number
  /** In which dates are shown. */
  readonly zone: string
}

/** What liquidjs calls a filter with. */
interface FilterThis {
  readonly context: { readonly globals: object }
}
type Filter = (this: FilterThis, value: unknown, ...args: unknown[]) => unknown

/**
 * The date filters of Liquid. Those of liquidjs read the machine's clock, zone and language; these
 * read the clock that a rendering carries.
 */
export const DATE_FILTERS: Readonly<Record<string, Filter>> = {
  date(value, format, zone) {
    return dateText(this, value, typeof format === 'string' ? format : '%Y-%m-%d %H:%M', zone)
  },
  date_to_xmlschema(value) {
    return dateText(this, value, '%Y-%m-%dT%H:%M:%S%:z')
  },
  date_to_rfc822(value) {
    return dateText(this, value, '%a, %d %b %Y %H:%M:%S %z')
  },
  date_to_string(value) {
    return dateText(this, value, '%d %b %Y')
  },
  date_to_long_string(value) {
    return dateText(this, value, '%d %B %Y')
  },
}

/** As in Liquid everywhere, what is no date is printed as it is. */
function dateText(
  { context }: FilterThis,
  value: unknown,
  format: string,
  zone?: unknown,
): unknown {
  const clock = context.globals as TemplateClock
  const shown = typeof zone === 'string' ? zone : clock.zone
  if (value === 'now' || value === 'today') return strftime(clock.nowMs, format, shown)
  if (typeof value === 'number') return strftime(value * 1000, format, shown)
  if (typeof value !== 'string') return value
  // A date without a clock, such as a birthday, is the same day in every zone.
  const civil = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?)?$/.test(value)
  const text = civil ? `${value}${value.includes('T') ? '' : 'T00:00'}Z` : value
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : instantFromIso(text)
  return ms === null ? value : strftime(ms, format, civil ? 'UTC' : shown)
}

import { wallClock, type WallClock } from './time.ts'

const MONTHS = [
  'January',
  'February',
  'March',
  'April',
  'May',
  'June',
  'July',
  'August',
  'September',
  'October',
  'November',
  'December',
]
/** From Monday, as `dayOfWeek` counts. */
const DAYS = ['Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday', 'Sunday']

interface Moment {
  readonly ms: number
  readonly zone: string
  readonly wall: WallClock
}

interface Directive {
  readonly value: (at: Moment, flags: string) => string | number
  readonly width?: number
  readonly pad?: ' '
}

/** What stands for several others. */
const COMPOSITES: Readonly<Record<string, string>> = {
  c: '%a %b %e %H:%M:%S %Y',
  D: '%m/%d/%y',
  x: '%m/%d/%y',
  F: '%Y-%m-%d',
  R: '%H:%M',
  r: '%I:%M:%S %p',
  T: '%H:%M:%S',
  X: '%H:%M:%S',
}

const DIRECTIVES: Readonly<Record<string, Directive>> = {
  a: { value: (at) => dayName(at).slice(0, 3), pad: ' ' },
  A: { value: dayName, pad: ' ' },
  b: { value: (at) => monthName(at).slice(0, 3), pad: ' ' },
  h: { value: (at) => monthName(at).slice(0, 3), pad: ' ' },
  B: { value: monthName, pad: ' ' },
  C: { value: ({ wall }) => Math.floor(wall.year / 100), width: 2 },
  d: { value: ({ wall }) => wall.day, width: 2 },
  e: { value: ({ wall }) => wall.day, width: 2, pad: ' ' },
  H: { value: ({ wall }) => wall.hour, width: 2 },
  I: { value: ({ wall }) => wall.hour % 12 || 12, width: 2 },
  j: { value: ({ wall }) => wall.dayOfYear, width: 3 },
  k: { value: ({ wall }) => wall.hour, width: 2, pad: ' ' },
  l: { value: ({ wall }) => wall.hour % 12 || 12, width: 2, pad: ' ' },
  L: { value: ({ wall }) => wall.millisecond, width: 3 },
  m: { value: ({ wall }) => wall.month, width: 2 },
  M: { value: ({ wall }) => wall.minute, width: 2 },
  p: { value: ({ wall }) => (wall.hour < 12 ? 'AM' : 'PM'), pad: ' ' },
  P: { value: ({ wall }) => (wall.hour < 12 ? 'am' : 'pm'), pad: ' ' },
  q: { value: ({ wall }) => ordinalSuffix(wall.day) },
  s: { value: ({ ms }) => Math.floor(ms / 1000) },
  S: { value: ({ wall }) => wall.second, width: 2 },
  u: { value: ({ wall }) => wall.dayOfWeek },
  w: { value: ({ wall }) => wall.dayOfWeek % 7 },
  y: { value: ({ wall }) => wall.year % 100, width: 2 },
  Y: { value: ({ wall }) => wall.year, width: 4 },
  z: { value: offset },
  Z: { value: ({ zone }) => zone },
  '%': { value: () => '%' },
}

/**
 * An instant as `strftime` writes it, on the clock of `zone`, in English. Flags `-` (no padding),
 * `_` (spaces), `0`, `^` (capitals) and a width are understood; a directive that is not stays as it is.
 *
 * Independent of the zone and language of the machine, unlike the filter that liquidjs brings.
 */
export function strftime(ms: number, format: string, zone: string): string {
  return fill({ ms, zone, wall: wallClock(ms, zone) }, format)
}

function fill(at: Moment, format: string): string {
  return format.replaceAll(
    /%([-_0^:]*)(\d{0,2})([a-zA-Z%])/g,
    (asWritten: string, flags: string, width: string, name: string) => {
      const composite = COMPOSITES[name]
      if (composite !== undefined) return fill(at, composite)
      const directive = DIRECTIVES[name]
      if (!directive) return asWritten
      const text = String(directive.value(at, flags))
      const cased = flags.includes('^') ? text.toUpperCase() : text
      if (flags.includes('-')) return cased
      const padding = flags.includes('_') ? ' ' : flags.includes('0') ? '0' : (directive.pad ?? '0')
      return cased.padStart(Number(width) || (directive.width ?? 0), padding)
    },
  )
}

function dayName({ wall: { dayOfWeek } }: Moment): string {
  return DAYS[dayOfWeek - 1] ?? ''
}

function monthName({ wall: { month } }: Moment): string {
  return MONTHS[month - 1] ?? ''
}

function ordinalSuffix(day: number): string {
  if (day >= 11 && day <= 13) return 'th'
  return ['th', 'st', 'nd', 'rd'][day % 10] ?? 'th'
}

/** `+0200`, with flag `:` as `+02:00`. */
function offset({ ms, wall }: Moment, flags: string): string {
  const { year, month, day, hour, minute, second } = wall
  const shownMs = Date.UTC(year, month - 1, day, hour, minute, second)
  const minutes = Math.round((shownMs - Math.floor(ms / 1000) * 1000) / 60_000)
  const size = Math.abs(minutes)
  const colon = flags.includes(':') ? ':' : ''
  return `${minutes < 0 ? '-' : '+'}${twoDigits(Math.floor(size / 60))}${colon}${twoDigits(size % 60)}`
}

function twoDigits(value: number): string {
  return String(value).padStart(2, '0')
}

import { isLocalTime, isZone } from '../time.ts'

/** What is wrong with a time of day that somebody wrote, as a sentence; null when it may be used. */
export function localTimeProblem(value: string): string | null {
  return isLocalTime(value)
    ? null
    : `"${value}" is not a time of day; write it as HH:MM from 00:00 to 23:59.`
}

/** The same of a time zone. */
export function zoneProblem(value: string): string | null {
  return isZone(value)
    ? null
    : `"${value}" is not a time zone; use an IANA name such as Europe/Madrid.`
}

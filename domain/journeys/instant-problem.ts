import { instantFromIso } from '../time.ts'

/** RFC 3339, years of four digits: what else our calendar could read is nothing that anybody means. */
const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,9})?)?(Z|[+-]\d{2}:\d{2})$/

/** What is wrong with an instant that somebody wrote, as a sentence; null when it may be used. */
export function instantProblem(value: string): string | null {
  return INSTANT.test(value) && instantFromIso(value) !== null
    ? null
    : `"${value}" is not an instant; write date, time and offset, as 2026-12-24T18:00:00+01:00.`
}

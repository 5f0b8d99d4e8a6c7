/** Answers that say "later", beside all of 5xx: time-out, too early, too many. */
const LATER = new Set([408, 425, 429])

/** What an HTTP status means to somebody who asked for something to be done. */
export function verdictOfStatus(status: number): 'done' | 'refused' | 'later' {
  if (status >= 200 && status < 300) return 'done'
  return status >= 500 || LATER.has(status) ? 'later' : 'refused'
}

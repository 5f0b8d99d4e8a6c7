import { nextAligned } from '../time.ts'
import type { Wait } from './customer-state.ts'

/**
 * A wait that goes on after a pause. Remaining time is kept; a local time is aligned to again; a
 * time-out stood still.
 */
export function resumedWait(wait: Wait, pausedAtMs: number, atMs: number, zone: string): Wait {
  const pausedMs = atMs - pausedAtMs
  switch (wait.type) {
    case 'event':
      return { ...wait, dueAtMs: wait.dueAtMs + pausedMs }
    case 'until': {
      // An instant that passed during the pause is due now: what follows counts from the resume.
      if (wait.rawDueAtMs === null) return { ...wait, dueAtMs: Math.max(atMs, wait.dueAtMs) }
      const rawDueAtMs = Math.max(atMs, wait.rawDueAtMs + pausedMs)
      return { ...wait, rawDueAtMs, dueAtMs: alignedAfter(wait, rawDueAtMs, zone) }
    }
    case 'send':
    case 'call':
      return wait
  }
}

/**
 * A wait that is over no earlier than `atMs`. One that would have been over before is over then, or
 * at the next local time and weekday after it, where it asks for those.
 */
export function notBefore(wait: Wait, atMs: number, zone: string): Wait {
  switch (wait.type) {
    case 'event':
      return { ...wait, dueAtMs: Math.max(wait.dueAtMs, atMs) }
    case 'until':
      if (wait.dueAtMs >= atMs) return wait
      return {
        ...wait,
        dueAtMs: alignedAfter(wait, atMs, zone),
        rawDueAtMs: wait.rawDueAtMs === null ? null : Math.max(wait.rawDueAtMs, atMs),
      }
    case 'send':
    case 'call':
      return wait
  }
}

/** The first instant at or after `atMs` at which a wait may end, as its local time and weekdays say. */
function alignedAfter(
  { at, weekdays, zone }: Extract<Wait, { type: 'until' }>,
  atMs: number,
  customerZone: string,
): number {
  if (at === null && weekdays === undefined) return atMs
  const alignment = {
    ...(at === null ? {} : { at }),
    ...(weekdays === undefined ? {} : { weekdays }),
  }
  return nextAligned(atMs, alignment, zone ?? customerZone)
}

import { askOnceFreed } from './ask.ts'
import type { Run } from './customer-state.ts'
import { calendarOf, lockOf, withLockAt } from './locks.ts'
import { putRun } from './run-store.ts'
import { definitionOf, note, type Turn } from './turn.ts'

/** A lock has ended and its run goes on: others may take over now. */
export function tellUnlocked(turn: Turn, run: Run, atMs: number): void {
  const { runId, journey, version } = run
  note(turn, 'run', atMs, `the lock of ${journey}@${version} is over`, {
    runId,
    journey,
    version,
    change: 'unlocked',
  })
  askOnceFreed(turn, 'foreground', { type: 'lock_released', journey }, atMs)
}

/** When a lock ends by itself, whatever the run does; null where that is not known, or there is none. */
export const lockEndsAtMs = (turn: Turn, run: Run): number | null =>
  lockOf(calendarOf(turn), run, definitionOf(turn, run.hash))?.untilMs ?? null

/** Takes the lock off a run, for good. */
export function unlock(turn: Turn, run: Run, atMs: number): void {
  const unlocked: Run = { ...run, unlockedAtMs: atMs }
  putRun(turn, unlocked)
  tellUnlocked(turn, unlocked, atMs)
}

/** Reckons anew the locks that hang on a date, after a date or the customer's zone has changed. */
export function rearmDateLocks(turn: Turn, atMs: number): void {
  for (const run of turn.state.runs) {
    const definition = definitionOf(turn, run.hash)
    const { arbitration } = definition
    if (arbitration.mode === 'auto' || typeof arbitration.lock !== 'object') continue
    if (!('untilDate' in arbitration.lock) || run.unlockedAtMs !== undefined) continue
    if (withLockAt(calendarOf(turn), run, definition, atMs) === run) putRun(turn, run)
    else unlock(turn, run, atMs)
  }
}

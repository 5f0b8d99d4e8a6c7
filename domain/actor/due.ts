import { exclusionDues, type Due } from './exclusions.ts'
import { nextDateEntries } from './date-entries.ts'
import { expireDeferred } from './decisions.ts'
import { followUp } from './happenings.ts'
import { updateLifecycle } from './lifecycle-change.ts'
import type { Run } from './customer-state.ts'
import { lockEndsAtMs, unlock } from './lock-ends.ts'
import { dueAtMsOf } from './run-store.ts'
import { endRun } from './run-ends.ts'
import { staleAtMs } from './runs.ts'
import { tryAgain, wakeRun } from './walk.ts'
import type { Turn } from './turn.ts'

/** Instants one turn may fire; what is left fires in the next. */
const FIRED_MAX = 1_000

/**
 * Fires every instant that is due by `untilMs`, earliest first, each at its own instant, so that
 * later waits do not drift. Stops where something must be decided first.
 */
export function fireDue(turn: Turn, untilMs: number): void {
  for (let fired = 0; fired < FIRED_MAX && turn.state.pending === null; fired++) {
    const due = nextDue(turn)
    if (due === null || due.atMs > untilMs) return
    due.fire()
    followUp(turn, due.atMs)
  }
}

/** The next instant at which something happens by itself; null when only an input can change anything. */
export const nextDueAtMs = (turn: Turn): number | null => nextDue(turn)?.atMs ?? null

function nextDue(turn: Turn): Due | null {
  const { lifecycle, runs, deferred } = turn.state
  // First among equals: what is forbidden from an instant on, or until then, is so for what is due at it.
  const dues: Due[] = exclusionDues(turn)
  for (const run of runs) {
    const atMs = run.status === 'active' ? dueAtMsOf(run) : null
    if (atMs !== null) dues.push({ atMs, fire: () => fireRun(turn, run, atMs) })
  }
  for (const run of runs) {
    const atMs = lockEndsAtMs(turn, run)
    if (atMs !== null) dues.push({ atMs, fire: () => unlock(turn, run, atMs) })
  }
  if (lifecycle.nextAtMs !== null) {
    const atMs = lifecycle.nextAtMs
    dues.push({ atMs, fire: () => updateLifecycle(turn, atMs, 'deadline') })
  }
  const dated = nextDateEntries(turn)
  if (dated !== null) dues.push(dated)
  // Last among equals: a run that may be resumed in the very instant it would become stale is.
  for (const run of runs) {
    if (run.status !== 'paused') continue
    const atMs = staleAtMs(turn, run)
    dues.push({ atMs, fire: () => endRun(turn, run, atMs, 'stale') })
  }
  for (const each of deferred)
    dues.push({ atMs: each.untilMs, fire: () => expireDeferred(turn, each) })
  return dues.reduce<Due | null>(
    (first, due) => (first === null || due.atMs < first.atMs ? due : first),
    null,
  )
}

function fireRun(turn: Turn, run: Run, atMs: number): void {
  if (run.wait?.type === 'send' || run.wait?.type === 'call') tryAgain(turn, run, atMs)
  else wakeRun(turn, run, { type: 'due' }, atMs)
}

import { recordOf, takeBackSend } from './run-store.ts'
import type { Run } from './customer-state.ts'
import { note, patch, type Turn } from './turn.ts'

/** Ends a run, whatever it was doing. A send that has not started is taken back. */
export function endRun(
  turn: Turn,
  run: Run,
  atMs: number,
  reason: string,
  goalValueMinor: number | null = null,
): void {
  takeBackSend(turn, run)
  const memory = turn.state.journeys[run.journey]
  patch(turn, {
    runs: turn.state.runs.filter((other) => other.runId !== run.runId),
    journeys:
      memory === undefined
        ? turn.state.journeys
        : { ...turn.state.journeys, [run.journey]: { ...memory, lastExitAtMs: atMs } },
  })
  turn.runs.set(run.runId, {
    ...recordOf(turn, run),
    status: 'ended',
    wakeAtMs: null,
    endedAtMs: atMs,
    endReason: reason,
    goalValueMinor,
  })
  note(turn, 'run', atMs, `left ${run.journey}@${run.version}: ${reason}`, {
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    change: 'ended',
    reason,
  })
  if (run.status === 'active') askAfterEnd(turn, { journey: run.journey, reason }, atMs)
}

/** After a run's end the arbiter is asked, where there is anybody who could be next. */
export function askAfterEnd(
  turn: Turn,
  ended: { journey: string; reason: string },
  atMs: number,
): void {
  const { pending, runs, deferred } = turn.state
  if (pending !== null || (runs.length === 0 && deferred.length === 0)) return
  patch(turn, {
    pending: { cause: { type: 'run_ended', ...ended }, atMs, seqs: [], triggered: [] },
  })
}

import { askWhoIsNext, isAnybodyNext } from './ask.ts'
import type { Run, Wake } from './customer-state.ts'
import { putRun } from './run-store.ts'
import { note, type Turn } from './turn.ts'

/** Marks a run that makes room for another one when its step is over. */
export function beginFinishing(turn: Turn, run: Run, atMs: number): void {
  if (run.finishingSinceMs !== undefined) return
  putRun(turn, { ...run, finishingSinceMs: atMs })
  const { runId, journey, version, step } = run
  note(turn, 'run', atMs, `${journey}@${version} finishes ${step}, then makes room`, {
    runId,
    journey,
    version,
    change: 'finishing',
    step,
  })
}

/** Makes no room any more. */
export function withoutFinishing(run: Run): Run {
  const { finishingSinceMs: _since, ...rest } = run
  return rest
}

/**
 * The step of a run is over that was to make room then: it takes no further one, and the arbiter is
 * asked once more. It keeps the foreground until the answer is there. False where nobody is left to
 * make room for.
 */
export function standsStill(turn: Turn, run: Run, wake: Wake, atMs: number): boolean {
  if (run.finishingSinceMs === undefined) return false
  const isAwaited = turn.state.pending !== null || isAnybodyNext(turn.state, 'foreground')
  if (!isAwaited) return false
  putRun(turn, { ...run, heard: wake })
  const { runId, journey, version, step } = run
  note(turn, 'step', atMs, `${journey}@${version} · ${step}: finished`, {
    runId,
    step,
    wake: wake.type,
  })
  askWhoIsNext(turn, 'foreground', { type: 'step_finished', journey: run.journey }, atMs)
  return true
}

/** Whether a run has finished its step and waits for the answer to who comes next. */
export const hasFinishedStep = (run: Run): boolean => run.status === 'active' && run.heard !== null

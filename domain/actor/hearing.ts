import type { ScopeEvent } from '../conditions.ts'
import { handlerOf } from '../journeys/steps/index.ts'
import type { StepId } from '../journeys/values.ts'
import type { HeardEvent, Run, Wait, Wake } from './customer-state.ts'
import { ledBy } from './emitted.ts'
import { putRun } from './run-store.ts'
import { eventContext } from './step-context.ts'
import { definitionOf, runById, type Turn } from './turn.ts'
import { wakeRun } from './walk.ts'

type Heard = Omit<HeardEvent, 'seq'>

/** Lets every run hear an event: the one that waits for it goes on, others remember it where they count it. */
export function hear(turn: Turn, event: Heard, atMs: number): void {
  for (const { runId } of turn.state.runs) {
    remember(turn, runId, event, atMs)
    const run = runById(turn.state, runId)
    if (run === undefined || run.heard !== null || !isAwaited(run.wait, event.name)) continue
    const met = metBy(turn, run, run.step, event, atMs)
    if (met === null) continue
    const wake: Wake = met === 0 ? { type: 'event' } : { type: 'event', met }
    wakeRun(turn, ledBy(run, event.depth, atMs), wake, atMs)
  }
}

/**
 * Notes at every step of the run that counts from the entry on what has happened. The first event
 * that meets it is kept until the step is reached.
 */
export function remember(turn: Turn, runId: string, event: Heard, atMs: number): void {
  const run = runById(turn.state, runId)
  if (run === undefined) return
  for (const [stepId, step] of Object.entries(definitionOf(turn, run.hash).steps)) {
    if (handlerOf(step).hearsSinceEntry?.(step) !== true || Object.hasOwn(run.met, stepId)) continue
    const isHere = run.step === stepId && run.wait?.type === 'event'
    const met = isHere ? null : metBy(turn, run, stepId, event, atMs)
    const now = runById(turn.state, runId)
    if (met !== null && now !== undefined)
      putRun(turn, { ...ledBy(now, event.depth, atMs), met: { ...now.met, [stepId]: met } })
  }
}

function isAwaited(wait: Wait | null, name: string): boolean {
  return wait?.type === 'event' && (wait.event === name || wait.others?.includes(name) === true)
}

/** Which of the events that a step awaits this one is; null where it is none. */
function metBy(
  turn: Turn,
  run: Run,
  stepId: StepId,
  event: ScopeEvent,
  atMs: number,
): number | null {
  const step = definitionOf(turn, run.hash).steps[stepId]
  if (step === undefined) return null
  return handlerOf(step).accepts?.(step, eventContext(turn, run, stepId, event, atMs)) ?? null
}

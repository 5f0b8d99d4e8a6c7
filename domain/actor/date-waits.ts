import { handlerOf } from '../journeys/steps/index.ts'
import type { Run } from './customer-state.ts'
import { putRun } from './run-store.ts'
import { stepContext } from './step-context.ts'
import { definitionOf, runById, type Turn } from './turn.ts'
import { wakeRun } from './walk.ts'

/**
 * Reckons anew the waits that hang on a date, after a date or the customer's zone has changed. One
 * whose date was taken away, or has passed, goes its declared way.
 */
export function rearmDateWaits(turn: Turn, atMs: number): void {
  for (const { runId } of turn.state.runs) {
    const run = runById(turn.state, runId)
    if (run?.wait?.type !== 'until' || run.wait.isDate !== true) continue
    const step = definitionOf(turn, run.hash).steps[run.step]
    if (step?.type !== 'wait' || step.date === undefined) continue
    // It was reached, and only waits for something else: that it has passed since is no news.
    if (run.heard === null && run.wait.dueAtMs <= atMs && isDateAsItWas(turn, run)) continue
    const outcome = handlerOf(step).enter(step, stepContext(turn, run, atMs))
    if (outcome.type === 'wait') putRun(turn, { ...run, wait: outcome.wait, heard: null })
    else {
      const isMissing = !Object.hasOwn(turn.state.facts.dates, step.date)
      wakeRun(turn, run, { type: 'date', is: isMissing ? 'missing' : 'past' }, atMs)
    }
  }
}

/** Whether the date that a run waits for is the one from which its wait was reckoned. True of any other wait. */
export function isDateAsItWas(turn: Turn, run: Run): boolean {
  const { wait } = run
  if (wait?.type !== 'until' || wait.isDate !== true) return true
  const step = definitionOf(turn, run.hash).steps[run.step]
  if (step === undefined) return false
  const outcome = handlerOf(step).enter(step, stepContext(turn, run, run.sinceMs))
  return outcome.type === 'wait' && outcome.wait.dueAtMs === wait.dueAtMs
}

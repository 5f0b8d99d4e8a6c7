import { DefinitionError } from '../errors.ts'
import type { RunDefinition } from '../journeys/journey.ts'
import type { StepId } from '../journeys/values.ts'
import type { StepOutcome } from '../journeys/step-handler.ts'
import { handlerOf } from '../journeys/steps/index.ts'
import { durationMs } from '../time.ts'
import { beginCall, retryCall } from './calls.ts'
import { askForAway } from './away.ts'
import type { Run, Wait, Wake } from './customer-state.ts'
import { standsStill, withoutFinishing } from './finishing.ts'
import { tellUnlocked } from './lock-ends.ts'
import { calendarOf, withLockAt } from './locks.ts'
import { endRun } from './run-ends.ts'
import { putRun } from './run-store.ts'
import { beginSend, trySendAgain } from './sends.ts'
import { applyChanges } from './step-changes.ts'
import { stepContext } from './step-context.ts'
import { definitionOf, note, type Turn } from './turn.ts'

/** Steps a run may take without a wait in between. */
const HOPS_MAX = 200

/**
 * A run's wait is over. An active run moves on; a paused one remembers it, and so does one that makes
 * room after this step.
 */
export function wakeRun(turn: Turn, run: Run, wake: Wake, atMs: number): void {
  if (run.status === 'paused') {
    putRun(turn, { ...run, heard: wake })
    note(turn, 'step', atMs, `${run.journey}@${run.version} · ${run.step}: heard while paused`, {
      runId: run.runId,
      step: run.step,
      wake: wake.type,
    })
    return
  }
  if (standsStill(turn, run, wake, atMs)) return
  const step = definitionOf(turn, run.hash).steps[run.step]
  const next = step === undefined ? undefined : handlerOf(step).resume?.(step, wake)
  if (next === undefined) endRun(turn, run, atMs, 'definition_error')
  else walk(turn, { ...withoutFinishing(run), wait: null }, next, atMs)
}

/** Judges a send again whose time has come, or that was taken back. */
export function retrySend(turn: Turn, run: Run, atMs: number): void {
  if (run.wait?.type !== 'send' || run.wait.send.phase !== 'retry') return
  const wake = trySendAgain(turn, run, run.wait.send, atMs)
  if (wake !== null) wakeRun(turn, run, wake, atMs)
}

/**
 * Does anew what is to be tried again: a send or a call whose time has come, or whose run resumes.
 * What is stopped outside the actor waits for its release.
 */
export function tryAgain(turn: Turn, run: Run, atMs: number): void {
  if (isAway(run.wait)) askForAway(turn, run)
  else if (run.wait?.type === 'call') retryCall(turn, run)
  else if (!isParked(run)) retrySend(turn, run, atMs)
}

const isAway = (wait: Wait | null): boolean =>
  (wait?.type === 'send' && wait.send.phase === 'away') ||
  (wait?.type === 'call' && wait.call.phase === 'away')

const isParked = ({ wait }: Run): boolean =>
  wait?.type === 'send' && wait.send.waits?.as === 'parked' && wait.send.retryAtMs === null

/** Follows steps from `stepId` until one waits, sends or exits. */
export function walk(turn: Turn, from: Run, stepId: StepId, atMs: number): void {
  const definition = definitionOf(turn, from.hash)
  let run = from
  let next = stepId
  try {
    if (from.visit === 0) checkDurations(definition)
    for (let hops = 0; hops < HOPS_MAX; hops++) {
      const step = definition.steps[next]
      if (step === undefined) throw new DefinitionError(`Step ${next} does not exist`)
      const entered: Run = {
        ...run,
        step: next,
        visit: run.visit + 1,
        sinceMs: atMs,
        wait: null,
        heard: null,
        movedFrom: null,
      }
      run = withLockAt(calendarOf(turn), entered, definition, atMs)
      putRun(turn, run)
      // At the first step it was never on.
      if (run !== entered && run.visit > 1) tellUnlocked(turn, run, atMs)
      turn.visits.push({ journey: run.journey, version: run.version, step: next })
      const outcome = handlerOf(step).enter(step, stepContext(turn, run, atMs))
      if (outcome.type === 'goTo' && outcome.changes !== undefined) {
        run = applyChanges(turn, run, outcome.changes, atMs)
        putRun(turn, run)
        // A wait that was met on the way here: the next step is the first one after it. It lets
        // nobody through twice, so this is bounded, too.
        if (outcome.changes.forgetMet === true) hops = -1
      }
      const goesTo = follow(turn, run, outcome, atMs)
      if (goesTo === null) return
      next = goesTo
    }
    throw new DefinitionError(`More than ${HOPS_MAX} steps without a wait`)
  } catch (error) {
    if (!(error instanceof DefinitionError)) throw error
    note(turn, 'step', atMs, `${run.journey}@${run.version} · ${next}: ${error.message}`, {
      runId: run.runId,
      step: next,
    })
    endRun(turn, run, atMs, 'definition_error')
  }
}

/** Durations that are needed while nobody can end the run for them are tried before it moves. */
function checkDurations({ goal, staleAfter }: RunDefinition): void {
  for (const duration of [goal?.within, staleAfter])
    if (duration !== undefined) durationMs(duration)
}

/** Carries out what a step asks for; the next step, or null where the run stays or ends. */
function follow(turn: Turn, run: Run, outcome: StepOutcome, atMs: number): StepId | null {
  switch (outcome.type) {
    case 'goTo':
      return outcome.step
    case 'wait':
      putRun(turn, { ...run, wait: outcome.wait })
      note(turn, 'step', atMs, `${run.journey}@${run.version} · ${run.step}`, {
        runId: run.runId,
        step: run.step,
        wait: outcome.wait.type,
        until: outcome.wait.dueAtMs,
      })
      return null
    case 'send': {
      const unsent = beginSend(turn, run, outcome, atMs)
      if (unsent === null) return null
      const step = definitionOf(turn, run.hash).steps[run.step]
      return (step === undefined ? undefined : handlerOf(step).resume?.(step, unsent)) ?? null
    }
    case 'call':
      beginCall(turn, run, atMs)
      return null
    case 'exit':
      endRun(turn, run, atMs, outcome.reason)
      return null
  }
}

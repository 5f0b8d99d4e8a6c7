import { DefinitionError } from '../errors.ts'
import type { RunDefinition } from '../journeys/journey.ts'
import type { StepId } from '../journeys/values.ts'
import type { Step } from '../journeys/step.ts'
import { handlerOf } from '../journeys/steps/index.ts'
import type { MovedFrom, Run, Wait } from './customer-state.ts'
import type { MigrationMove } from './effects.ts'
import type { MigrateItem } from './inputs.ts'
import { askWhoIsNext } from './ask.ts'
import { isDateAsItWas } from './date-waits.ts'
import { calendarOf, withLockAt } from './locks.ts'
import { endRun } from './run-ends.ts'
import { isLocked, putRun } from './run-store.ts'
import { stepContext } from './step-context.ts'
import { definitionOf, note, runById, type Turn, zoneOf } from './turn.ts'
import { notBefore } from './waits.ts'
import { walk } from './walk.ts'

type MoveItem = Extract<MigrateItem, { change: 'move' }>
type UndoItem = Extract<MigrateItem, { change: 'undo' }>
type Answer = Pick<MigrationMove, 'result' | 'from' | 'to'>

/**
 * Takes a run to another version, or brings it back, as a migration asks. Says what became of it:
 * whoever asked hears it through the turn's record. The same word twice changes nothing more.
 */
export function migrateRun(turn: Turn, item: MigrateItem): void {
  const { migrationId, runId } = item
  const run = runById(turn.state, runId)
  const wasLocked = run !== undefined && isLocked(turn, run, item.receivedAtMs)
  const answer: Answer =
    run === undefined
      ? { result: 'gone', from: null, to: null }
      : item.change === 'move'
        ? move(turn, run, item)
        : undo(turn, run, item)
  turn.moves.push({ migrationId, runId, ...answer })
  if (wasLocked) askWhereUnlocked(turn, runId, item.receivedAtMs)
}

/** The other version may hold the customer no longer. */
function askWhereUnlocked(turn: Turn, runId: string, atMs: number): void {
  const run = runById(turn.state, runId)
  if (run === undefined || isLocked(turn, run, atMs)) return
  askWhoIsNext(turn, 'foreground', { type: 'lock_released', journey: run.journey }, atMs)
}

function move(turn: Turn, run: Run, item: MoveItem): Answer {
  const { to } = item
  if (isOf(run, item)) return { result: 'moved', from: item.from, to: run.step }
  if (run.version !== item.fromVersion || run.step !== item.from)
    return { result: 'elsewhere', from: run.step, to: null }
  if (isBusy(run)) return { result: 'busy', from: run.step, to }
  if (to === null) {
    endRun(turn, run, item.receivedAtMs, 'migrated')
    return { result: 'exited', from: run.step, to }
  }
  arrive(turn, run, item, to)
  return { result: 'moved', from: run.step, to }
}

const isOf = (run: Run, { version, hash }: Pick<MigrateItem, 'version' | 'hash'>): boolean =>
  run.version === version && run.hash === hash

/** A message or a call is under way: what becomes of it belongs to the step it was made by. */
function isBusy({ wait, heard }: Run): boolean {
  if (heard !== null) return false
  return (
    (wait?.type === 'send' && wait.send.phase !== 'retry') ||
    (wait?.type === 'call' && wait.call.phase !== 'retry')
  )
}

function arrive(turn: Turn, run: Run, item: MoveItem, to: StepId): void {
  const atMs = item.receivedAtMs
  const definition = definitionOf(turn, item.hash)
  const movedFrom: MovedFrom = {
    migrationId: item.migrationId,
    version: run.version,
    hash: run.hash,
    step: run.step,
    visit: run.visit,
    sinceMs: run.sinceMs,
    wait: run.wait,
    heard: run.heard,
    met: run.met,
    rounds: run.rounds,
  }
  const arrived: Run = {
    ...run,
    version: item.version,
    hash: item.hash,
    step: to,
    met: ofSteps(definition, run.met),
    rounds: ofSteps(definition, run.rounds),
    movedFrom,
  }
  const there = withLockAt(calendarOf(turn), arrived, definition, atMs)
  noteMove(turn, run, there, item)
  const kept = waitThere(turn, run, there, atMs)
  if (kept !== null) {
    const heard = isSameWait(run.wait, kept.wait) ? run.heard : null
    putRun(turn, { ...there, ...kept, heard })
  } else if (run.status === 'paused') {
    putRun(turn, { ...there, wait: null, heard: null })
  } else {
    walk(turn, { ...there, wait: null }, to, atMs)
    rememberWhereItRests(turn, there, movedFrom)
  }
}

function ofSteps(
  { steps }: RunDefinition,
  record: Readonly<Record<StepId, number>>,
): Record<StepId, number> {
  return Object.fromEntries(Object.entries(record).filter(([id]) => Object.hasOwn(steps, id)))
}

/** A run that rests on the step it was taken to can still be brought back; one that went on cannot. */
function rememberWhereItRests(turn: Turn, there: Run, movedFrom: MovedFrom): void {
  const run = runById(turn.state, there.runId)
  if (run?.visit !== there.visit + 1) return
  if (run.wait?.type === 'until' || run.wait?.type === 'event') putRun(turn, { ...run, movedFrom })
}

/**
 * What a run waits for on its new step without entering it: a step of the same kind goes on, reckoned
 * from its arrival at the old one; a paused run stands on another kind as if it had come there in the
 * instant of its pause. Null where it must enter the step.
 */
function waitThere(
  turn: Turn,
  run: Run,
  there: Run,
  atMs: number,
): { wait: Wait; sinceMs: number } | null {
  const { wait, sinceMs } = run
  const step = definitionOf(turn, there.hash).steps[there.step]
  const isSameKind = definitionOf(turn, run.hash).steps[run.step]?.type === step?.type
  if (step !== undefined && isSameKind && wait !== null) {
    if (wait.type === 'send')
      return step.type === 'message' && step.message === wait.send.message
        ? { wait, sinceMs }
        : null
    if (wait.type === 'call') return { wait, sinceMs }
    return reckoned(turn, there, step, { sinceMs, atMs })
  }
  if (step === undefined || run.status !== 'paused') return null
  return reckoned(turn, there, step, { sinceMs: run.pausedAtMs ?? atMs, atMs })
}

/** Null where the step does not rest, or cannot be judged: then entering it says what follows. */
function reckoned(
  turn: Turn,
  run: Run,
  step: Step,
  { sinceMs, atMs }: { sinceMs: number; atMs: number },
): { wait: Wait; sinceMs: number } | null {
  try {
    const enterAt = (ms: number) => handlerOf(step).enter(step, stepContext(turn, run, ms))
    let outcome = enterAt(sinceMs)
    // A date lies where it lies: one that has come round since the arrival is the next one now.
    if (outcome.type === 'wait' && outcome.wait.type === 'until' && outcome.wait.isDate === true)
      outcome = enterAt(atMs)
    if (outcome.type !== 'wait') return null
    return { wait: notBefore(outcome.wait, earliestEnd(run, atMs), zoneOf(turn)), sinceMs }
  } catch (error) {
    if (error instanceof DefinitionError) return null
    throw error
  }
}

/** The time of a paused run stands still since its pause. */
const earliestEnd = (run: Run, atMs: number): number =>
  run.status === 'paused' ? (run.pausedAtMs ?? atMs) : atMs

/** Whether what ends one wait ends the other: what was heard for one holds for the other. */
function isSameWait(one: Wait | null, other: Wait): boolean {
  if (one?.type !== other.type) return false
  return JSON.stringify(awaited(one)) === JSON.stringify(awaited(other))
}

function awaited(wait: Wait): readonly string[] {
  return wait.type === 'event' ? [wait.event, ...(wait.others ?? [])] : []
}

function undo(turn: Turn, run: Run, item: UndoItem): Answer {
  const { movedFrom } = run
  const atMs = item.receivedAtMs
  if (movedFrom?.migrationId !== item.migrationId) {
    // It stands where it would be brought: the move never came to be, or was taken back before.
    const result = isOf(run, item) ? 'undone' : 'kept'
    return { result, from: run.step, to: run.step }
  }
  if (isBusy(run)) return { result: 'busy', from: run.step, to: movedFrom.step }
  const { version, hash, step, visit, sinceMs, wait, rounds } = movedFrom
  const returned: Run = { ...run, version, hash, step, visit, sinceMs, wait }
  const home = withLockAt(calendarOf(turn), returned, definitionOf(turn, hash), atMs)
  const isAsItWas = isDateAsItWas(turn, home)
  const back: Run = {
    ...home,
    wait: isAsItWas ? waitBack(turn, run, movedFrom, atMs) : newDate(turn, home, atMs),
    heard: isAsItWas ? heardBack(run, movedFrom) : null,
    met: { ...ofSteps(definitionOf(turn, hash), run.met), ...movedFrom.met },
    rounds,
    movedFrom: null,
  }
  noteMove(turn, run, back, item)
  if (back.wait === null && back.status === 'active') walk(turn, back, step, atMs)
  else putRun(turn, back)
  return { result: 'undone', from: run.step, to: step }
}

/** The wait for a date that was changed while the run was away; null where it must enter the step. */
function newDate(turn: Turn, home: Run, atMs: number): Wait | null {
  const step = definitionOf(turn, home.hash).steps[home.step]
  const { sinceMs } = home
  return step === undefined ? null : (reckoned(turn, home, step, { sinceMs, atMs })?.wait ?? null)
}

/** The wait as it was; an instant that has passed meanwhile is due now. */
function waitBack(turn: Turn, run: Run, { wait }: MovedFrom, atMs: number): Wait | null {
  // Still the same message, or the same call: how far it has come since is not undone.
  if (wait?.type === 'send' && run.wait?.type === 'send') return run.wait
  if (wait?.type === 'call' && run.wait?.type === 'call') return run.wait
  return wait && notBefore(wait, earliestEnd(run, atMs), zoneOf(turn))
}

/** What the run has heard since counts for the old step too, where both waited for the same. */
function heardBack(run: Run, { wait, heard }: MovedFrom): Run['heard'] {
  if (heard !== null || wait === null) return heard
  return run.heard !== null && run.wait !== null && isSameWait(run.wait, wait) ? run.heard : null
}

function noteMove(turn: Turn, from: Run, to: Run, item: MigrateItem): void {
  const moved = item.change === 'move' ? 'moved' : 'moved back'
  note(
    turn,
    'run',
    item.receivedAtMs,
    `${moved} ${placeOf(from)} → ${placeOf(to)} (migration ${item.migrationId})`,
    {
      runId: to.runId,
      journey: to.journey,
      version: to.version,
      change: item.change === 'move' ? 'migrated' : 'brought_back',
      step: to.step,
      migrationId: item.migrationId,
      from: { version: from.version, step: from.step },
    },
  )
}

const placeOf = ({ journey, version, step }: Run): string => `${journey}@${version} · ${step}`

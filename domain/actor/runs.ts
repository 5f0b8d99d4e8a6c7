import type { RunDefinition } from '../journeys/journey.ts'
import { addDuration } from '../time.ts'
import {
  ENTRY_KEYS_MAX,
  type EntryEvent,
  type HeardEvent,
  type JourneyMemory,
  type Run,
  type Wait,
} from './customer-state.ts'
import { withoutFinishing } from './finishing.ts'
import { remember } from './hearing.ts'
import { putRun, takeBackSend } from './run-store.ts'
import { entryKey } from './entry-key.ts'
import { definitionOf, note, patch, runById, type Turn, zoneOf } from './turn.ts'
import { resumedWait } from './waits.ts'
import { tryAgain, wakeRun, walk } from './walk.ts'

const STALE_AFTER_DEFAULT = 'P14D'

export interface Start {
  readonly definition: RunDefinition
  readonly entry: EntryEvent
  readonly candidateId: string
  /** What the decision found it worth. */
  readonly worth: number
  /** Events since the one that lets the customer in. */
  readonly happened: readonly HeardEvent[]
}

/** Starts a run and walks it to its first wait. */
export function startRun(
  turn: Turn,
  { definition, entry, candidateId, worth, happened }: Start,
  atMs: number,
): void {
  const { key: journey, version, hash, lane } = definition
  const runId = `${turn.state.customerId}.${turn.state.runCount + 1}`
  const run: Run = {
    runId,
    journey,
    version,
    hash,
    entry,
    enteredAtMs: atMs,
    activeSinceMs: atMs,
    status: 'active',
    pausedAtMs: null,
    step: definition.start,
    visit: 0,
    sinceMs: atMs,
    wait: null,
    heard: null,
    candidateId,
    met: {},
    rounds: {},
    answers: {},
    movedFrom: null,
    ...(lane === undefined ? {} : { lane }),
    worth,
  }
  const memory = turn.state.journeys[journey]
  patch(turn, {
    runCount: turn.state.runCount + 1,
    runs: [...turn.state.runs, run],
    journeys: {
      ...turn.state.journeys,
      [journey]: remembered(memory, definition, entry, atMs),
    },
  })
  note(turn, 'run', atMs, `entered ${journey}@${version} on ${entry.name}`, {
    runId,
    journey,
    version,
    change: 'entered',
  })
  for (const event of happened) remember(turn, runId, event, event.receivedAtMs)
  walk(turn, runById(turn.state, runId) ?? run, definition.start, atMs)
}

function remembered(
  memory: JourneyMemory | undefined,
  definition: RunDefinition,
  entry: EntryEvent,
  atMs: number,
): JourneyMemory {
  const key = entryKey(definition, entry)
  return {
    entries: (memory?.entries ?? 0) + 1,
    lastEntryAtMs: atMs,
    lastExitAtMs: memory?.lastExitAtMs ?? null,
    keys:
      key === null ? (memory?.keys ?? []) : [...(memory?.keys ?? []), key].slice(-ENTRY_KEYS_MAX),
  }
}

/** Sets a run aside. It goes on hearing exits, its goal and the event it waits for. */
export function pauseRun(turn: Turn, run: Run, atMs: number): void {
  takeBackSend(turn, run)
  putRun(turn, { ...withoutFinishing(run), status: 'paused', pausedAtMs: atMs })
  note(turn, 'run', atMs, `paused ${run.journey}@${run.version} at ${run.step}`, {
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    change: 'paused',
    step: run.step,
  })
}

/**
 * Takes a paused run up again: what it heard first, else its wait with the time that was left.
 * `worth`: what the decision found it worth.
 */
export function resumeRun(turn: Turn, run: Run, worth: number, atMs: number): void {
  const going = (wait: Wait | null): Wait | null =>
    wait && resumedWait(wait, run.pausedAtMs ?? atMs, atMs, zoneOf(turn))
  const resumed: Run = {
    ...run,
    status: 'active',
    pausedAtMs: null,
    activeSinceMs: atMs,
    heard: null,
    worth,
    wait: going(run.wait),
    movedFrom: run.movedFrom && { ...run.movedFrom, wait: going(run.movedFrom.wait) },
  }
  putRun(turn, resumed)
  note(turn, 'run', atMs, `resumed ${run.journey}@${run.version} at ${run.step}`, {
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    change: 'resumed',
    step: run.step,
  })
  if (run.heard !== null) wakeRun(turn, resumed, run.heard, atMs)
  // A migration took it to a step that it could not enter while it was paused.
  else if (run.wait === null) walk(turn, resumed, run.step, atMs)
  else tryAgain(turn, resumed, atMs)
}

/** Lets a run go on that was to make room after its step, and for which nobody came. */
export function goOn(turn: Turn, run: Run, atMs: number): void {
  const { heard } = run
  const going: Run = { ...withoutFinishing(run), heard: null }
  putRun(turn, going)
  if (heard !== null) wakeRun(turn, going, heard, atMs)
}

/** When a paused run becomes stale. */
export const staleAtMs = (turn: Turn, run: Run): number =>
  addDuration(
    run.pausedAtMs ?? run.sinceMs,
    definitionOf(turn, run.hash).staleAfter ?? STALE_AFTER_DEFAULT,
  )

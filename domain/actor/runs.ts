import type { RunDefinition } from '../journeys/journey.ts'
import { addDuration, nextLocalTime } from '../time.ts'
import {
  ENTRY_KEYS_MAX,
  type EntryEvent,
  type JourneyMemory,
  type Run,
  type Wait,
} from './customer-state.ts'
import { putRun, takeBackSend } from './run-store.ts'
import { entryKey } from './triggers.ts'
import { definitionOf, note, patch, type Turn } from './turn.ts'
import { retrySend, wakeRun, walk } from './walk.ts'

const STALE_AFTER_DEFAULT = 'P14D'

export interface Start {
  readonly definition: RunDefinition
  readonly entry: EntryEvent
  readonly candidateId: string
}

/** Starts a run and walks it to its first wait. */
export function startRun(
  turn: Turn,
  { definition, entry, candidateId }: Start,
  atMs: number,
): void {
  const { key: journey, version, hash } = definition
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
  walk(turn, run, definition.start, atMs)
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
  putRun(turn, { ...run, status: 'paused', pausedAtMs: atMs })
  note(turn, 'run', atMs, `paused ${run.journey}@${run.version} at ${run.step}`, {
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    change: 'paused',
    step: run.step,
  })
}

/** Takes a paused run up again: what it heard first, else its wait with the time that was left. */
export function resumeRun(turn: Turn, run: Run, atMs: number): void {
  const resumed: Run = {
    ...run,
    status: 'active',
    pausedAtMs: null,
    activeSinceMs: atMs,
    heard: null,
    wait:
      run.wait === null
        ? null
        : resumedWait(run.wait, run.pausedAtMs ?? atMs, atMs, turn.state.zone),
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
  else retrySend(turn, resumed, atMs)
}

/** Remaining time is kept; a local time is aligned to again; a time-out stood still. */
function resumedWait(wait: Wait, pausedAtMs: number, atMs: number, zone: string): Wait {
  const pausedMs = atMs - pausedAtMs
  switch (wait.type) {
    case 'event':
      return { ...wait, dueAtMs: wait.dueAtMs + pausedMs }
    case 'until': {
      if (wait.rawDueAtMs === null) return wait
      const rawDueAtMs = Math.max(atMs, wait.rawDueAtMs + pausedMs)
      return {
        ...wait,
        rawDueAtMs,
        dueAtMs: wait.at === null ? rawDueAtMs : nextLocalTime(rawDueAtMs, wait.at, zone),
      }
    }
    case 'send':
      return wait
  }
}

/** When a paused run becomes stale. */
export const staleAtMs = (turn: Turn, run: Run): number =>
  addDuration(
    run.pausedAtMs ?? run.sinceMs,
    definitionOf(turn, run.hash).staleAfter ?? STALE_AFTER_DEFAULT,
  )

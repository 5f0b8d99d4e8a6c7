import { utf8Length } from '../journeys/definition-limits.ts'
import type { JsonObject } from '../json.ts'
import type { Run } from './customer-state.ts'
import type { EmittedEvent } from './effects.ts'
import { note, type Turn } from './turn.ts'

/** So many journeys' events may lead to one another; then it ends, as journeys in a ring must. */
export const EMIT_DEPTH_MAX = 8
/** After so long without being led on, what led to a run no longer counts: this is no ring that spins. */
const RESTED_MS = 3_600_000
/** As for an event that a caller sends. */
const EVENT_BYTES_MAX = 32 * 1024
/** Of all events of one turn: they travel in its record. */
const EVENTS_BYTES_MAX = 256 * 1024

/**
 * Makes an event of the customer, written to the log with the turn's record. It takes its way like
 * any other. One that would be too deep or too large is not made, and the timeline says so.
 */
export function emit(
  turn: Turn,
  run: Run,
  { name, properties }: { name: string; properties: JsonObject },
  atMs: number,
): void {
  const event: EmittedEvent = {
    emitId: `${run.runId}.${run.visit}.emit`,
    name,
    properties,
    atMs,
    depth: depthAfter(run, atMs),
    journey: run.journey,
    version: run.version,
    step: run.step,
  }
  const reason = whyNot(turn, event)
  if (reason === null) turn.emitted.push(event)
  else
    note(turn, 'step', atMs, `${run.journey}@${run.version} · ${run.step}: ${name} ${reason}`, {
      runId: run.runId,
      step: run.step,
      reason,
    })
}

function whyNot({ emitted }: Turn, event: EmittedEvent): string | null {
  if (event.depth > EMIT_DEPTH_MAX) return 'emit_too_deep'
  const bytes = bytesOf(event)
  const together = emitted.reduce((sum, other) => sum + bytesOf(other), bytes)
  return bytes > EVENT_BYTES_MAX || together > EVENTS_BYTES_MAX ? 'emit_too_large' : null
}

const bytesOf = (event: EmittedEvent): number => utf8Length(JSON.stringify(event))

/** How deep what a run leads to is then. */
export const depthAfter = (run: Run, atMs: number): number =>
  isRested(run, atMs) ? 1 : (run.entry.depth ?? 0) + 1

/**
 * The run as it goes on after an event of that depth: what it emits then is at least one deeper, also
 * where it is the run's own event that comes back to it.
 */
export function ledBy(run: Run, depth: number | undefined, atMs: number): Run {
  if (depth === undefined) return run
  const known = isRested(run, atMs) ? 0 : (run.entry.depth ?? 0)
  return { ...run, entry: { ...run.entry, depth: Math.max(depth, known) }, ledAtMs: atMs }
}

const isRested = ({ ledAtMs, enteredAtMs }: Run, atMs: number): boolean =>
  atMs - (ledAtMs ?? enteredAtMs) >= RESTED_MS

import type { Trigger } from '../journeys/journey.ts'
import type { EntryEvent, Run } from './customer-state.ts'
import { depthAfter, EMIT_DEPTH_MAX } from './emitted.ts'
import { recordOf, takeBackCall, takeBackSend } from './run-store.ts'
import { isTriggered, qualify } from './triggers.ts'
import { dropWaitingSend } from './sends.ts'
import { note, patch, scopeOf, type Turn } from './turn.ts'

/** Ends by somebody's hand, which no journey enters on unless it says so. */
const BY_HAND: ReadonlySet<string> = new Set([
  'cancelled_by_operator',
  'version_stopped',
  'migrated',
])

/** Ends a run, whatever it was doing. A send or a call that has not started is taken back. */
export function endRun(
  turn: Turn,
  run: Run,
  atMs: number,
  reason: string,
  goalValueMinor: number | null = null,
): void {
  takeBackSend(turn, run)
  takeBackCall(turn, run)
  dropWaitingSend(turn, run)
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
  qualifyAfterEnd(turn, run, reason, atMs)
  if (run.status === 'active') askAfterEnd(turn, { journey: run.journey, reason }, atMs)
}

/** Lets in whoever enters on this end. A customer is not led round in a ring of them without a rest. */
function qualifyAfterEnd(turn: Turn, run: Run, reason: string, atMs: number): void {
  const { journey, version } = run
  const depth = depthAfter(run, atMs)
  const entry: EntryEvent = {
    seq: null,
    name: 'Journey Ended',
    occurredAtMs: atMs,
    receivedAtMs: atMs,
    properties: { journey, version, reason },
    depth,
  }
  const scope = scopeOf(turn, atMs, entry, { entry })
  const isMeant = (trigger: Trigger): boolean =>
    'ended' in trigger &&
    trigger.ended === journey &&
    (trigger.reasons?.includes(reason) ?? !BY_HAND.has(reason))
  for (const rule of turn.rules.book?.endEntries ?? []) {
    if (!isTriggered(turn, rule, isMeant, scope)) continue
    if (depth <= EMIT_DEPTH_MAX)
      qualify(turn, rule, entry, { type: 'run_ended', journey, reason }, atMs)
    else
      note(turn, 'run', atMs, `${rule.journey}@${rule.version} not started: journeys in a ring`, {
        journey: rule.journey,
        version: rule.version,
        change: 'dropped',
      })
  }
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

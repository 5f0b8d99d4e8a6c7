import type { Trigger } from '../journeys/journey.ts'
import type { EntryEvent, Run } from './customer-state.ts'
import { askOnceFreed, askWhoIsNext } from './ask.ts'
import { depthAfter, EMIT_DEPTH_MAX } from './emitted.ts'
import { isLocked, recordOf, takeBackCall, takeBackSend } from './run-store.ts'
import { isTriggered, qualify } from './triggers.ts'
import { dropWaitingSend } from './sends.ts'
import { isForeground, note, patch, scopeOf, type Turn } from './turn.ts'

/** Ends by somebody's hand, which no journey enters on unless it says so. */
const BY_HAND: ReadonlySet<string> = new Set([
  'cancelled_by_operator',
  'version_stopped',
  'migrated',
  'merged',
])

/**
 * Ends a run, whatever it was doing. A send or a call that has not started is taken back.
 *
 * @param reason a code that other journeys may enter on; `why`: what people read beside it
 */
export function endRun(
  turn: Turn,
  run: Run,
  atMs: number,
  reason: string,
  { goalValueMinor = null, why }: { goalValueMinor?: number | null; why?: string } = {},
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
  const because = why === undefined ? reason : `${reason} (${why})`
  note(turn, 'run', atMs, `left ${run.journey}@${run.version}: ${because}`, {
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    change: 'ended',
    reason,
  })
  qualifyAfterEnd(turn, run, reason, atMs)
  const { journey } = run
  if (!isForeground(run))
    askOnceFreed(turn, 'service', { type: 'run_ended', journey, reason }, atMs)
  else if (run.status === 'active')
    askWhoIsNext(turn, 'foreground', { type: 'run_ended', journey, reason }, atMs)
  else if (isLocked(turn, run, atMs))
    askOnceFreed(turn, 'foreground', { type: 'lock_released', journey }, atMs)
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

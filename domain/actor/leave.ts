import type { Call, CustomerState, Exported, Run, Send } from './customer-state.ts'
import type { Legacy } from './effects.ts'
import type { BatchItem } from './inputs.ts'
import { takeBackSend } from './run-store.ts'
import { pauseRun } from './runs.ts'
import { isForeground, note, patch, type Turn } from './turn.ts'

/*
 * The loser of a merge: it stands still, hands over all that it holds, and tells what becomes of what it
 * still has under way. `absorb.ts` is the other side.
 */

/** What has not been told by then is asked for by the winner, under the same key. */
const AWAY_MS = 10 * 60_000

/**
 * From the end of the batch on that says so the actor does nothing of its own: it starts, sends and decides
 * nothing, and no instant fires. Sends that have not begun are taken back; calls are left to their answer.
 */
export function leave(
  turn: Turn,
  { mergeId, into, receivedAtMs: atMs }: Extract<BatchItem, { type: 'leave' }>,
): void {
  for (const run of turn.state.runs) {
    if (run.status === 'active' && isForeground(run)) pauseRun(turn, run, atMs)
    else takeBackSend(turn, run)
  }
  note(turn, 'merge', atMs, `became part of customer ${into}`, { mergeId, into })
  const legacy: Legacy = {
    mergeId,
    exported: exportedOf(turn.state, turn.nowMs),
    lastBatch: turn.state.lastBatch,
  }
  turn.effects.push({ type: 'handOver', legacy, record: null })
  patch(turn, { leaving: { mergeId, into, legacy }, runs: [], deferred: [], pending: null })
}

/** Whether it is over with an actor once it has nothing under way any more. */
export const hasLeft = ({ leaving }: CustomerState): boolean => leaving?.isHandedOver === true

function exportedOf(state: CustomerState, nowMs: number): Exported {
  const { consents, exclusions, tallies, contacts, deferred, journeys, arms, dates } = state
  const { autoSwitchesAtMs, recentDecisions, handled, lastEventAtMs, closings, pending } = state
  return {
    consents,
    exclusions,
    tallies,
    ...(closings === undefined ? {} : { closings }),
    contacts,
    runs: state.runs.map((run) => awayIn(run, nowMs + AWAY_MS)),
    deferred,
    triggered: (pending?.triggered ?? []).filter(({ barred }) => barred === null),
    journeys,
    arms,
    dates,
    autoSwitchesAtMs,
    recentDecisions,
    handled,
    lastEventAtMs,
  }
}

function awayIn(run: Run, retryAtMs: number): Run {
  const { wait, heard } = run
  if (heard !== null) return run
  if (wait?.type === 'send') return { ...run, wait: { ...wait, send: away(wait.send, retryAtMs) } }
  if (wait?.type === 'call') return { ...run, wait: { ...wait, call: away(wait.call, retryAtMs) } }
  return run
}

const away = <T extends Send | Call>(under: T, retryAtMs: number): T =>
  under.phase === 'retry' ? under : { ...under, phase: 'away', retryAtMs }

import { localZone } from '../contact/customer-zone.ts'
import type { CustomerState, Run, Send } from './customer-state.ts'
import type { RunRecord } from './effects.ts'
import { calendarOf, lockOf } from './locks.ts'
import { sendDeadlineMs } from './send-deadline.ts'
import { definitionOf, patch, runById, type Rules, type Turn } from './turn.ts'

/** Stores a run as it is now. */
export function putRun(turn: Turn, run: Run): void {
  patch(turn, { runs: turn.state.runs.map((other) => (other.runId === run.runId ? run : other)) })
  turn.runs.set(run.runId, recordOf(turn, runById(turn.state, run.runId) ?? run))
}

/** A run as people see it. */
export function recordOf(turn: Turn, run: Run): RunRecord {
  const lock = lockOf(calendarOf(turn), run, definitionOf(turn, run.hash))
  return {
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    status:
      run.status === 'paused'
        ? 'paused'
        : run.wait === null || run.wait.type === 'send' || run.wait.type === 'call'
          ? 'active'
          : 'waiting',
    step: run.step,
    sinceMs: run.sinceMs,
    enteredAtMs: run.enteredAtMs,
    wakeAtMs: run.status === 'active' ? dueAtMsOf(run) : null,
    locked: lock !== null,
    ...(lock === null ? {} : { lock }),
    ...(run.lane === undefined ? {} : { lane: run.lane }),
    endedAtMs: null,
    endReason: null,
    goalValueMinor: null,
  }
}

/** Whether nothing but safety, and what breaks locks, may take the customer out of this run. */
export function isLocked(turn: Turn, run: Run, atMs: number): boolean {
  const lock = lockOf(calendarOf(turn), run, definitionOf(turn, run.hash))
  return lock !== null && (lock.untilMs === null || lock.untilMs > atMs)
}

/** When an active run is due by itself; null while it waits for somebody else. */
export function dueAtMsOf(run: Run): number | null {
  // Its step is over, and a decision is taken about what comes next.
  if (run.heard !== null) return null
  switch (run.wait?.type) {
    case 'until':
    case 'event':
      return run.wait.dueAtMs
    case 'send':
      return sendDueAtMs(run.wait.send)
    case 'call':
      return run.wait.call.retryAtMs
    case undefined:
      return null
  }
}

/** What the gate holds is due at its deadline at the latest. */
function sendDueAtMs(send: Send): number | null {
  if (send.waits?.as !== 'held') return send.retryAtMs
  return Math.min(send.retryAtMs ?? Infinity, sendDeadlineMs(send))
}

/** The journey that locks a customer, the active one first; null where none does. */
export function lockedBy(actor: CustomerState, { book, definitions }: Rules): string | null {
  const calendar = { facts: actor.facts, zone: localZone(actor.zone, book?.contact) }
  const holders = actor.runs.filter((run) => {
    const definition = definitions[run.hash]
    return definition !== undefined && lockOf(calendar, run, definition) !== null
  })
  const [first] = holders
  return (holders.find(({ status }) => status === 'active') ?? first)?.journey ?? null
}

/** Takes back the send that a run has on its way, if any; one that has started is left to its outcome. */
export function takeBackSend(turn: Turn, { wait, heard }: Run): void {
  if (wait?.type === 'send' && wait.send.phase === 'open' && heard === null)
    turn.effects.push({ type: 'withdraw', key: wait.send.deliveryId })
}

/** The same for a call. What becomes of it is not told: only a run that ends takes its call back. */
export function takeBackCall(turn: Turn, { wait, heard }: Run): void {
  if (wait?.type === 'call' && wait.call.phase === 'open' && heard === null)
    turn.effects.push({ type: 'withdraw', key: wait.call.callId })
}

import type { Cause } from '../decisioning/arbitration.ts'
import type { Lane } from '../journeys/journey.ts'
import type { CustomerState, PendingDecision } from './customer-state.ts'
import { patch, type Turn } from './turn.ts'

/** Whether somebody waits who could have this lane next: in the queue or, in the foreground, paused. */
export function isAnybodyNext({ runs, deferred }: CustomerState, lane: Lane): boolean {
  return (
    deferred.some(({ rule }) => (rule.lane ?? 'foreground') === lane) ||
    (lane === 'foreground' && runs.some(({ status }) => status === 'paused'))
  )
}

/** Asks the arbiter who comes next in a lane, unless nobody could, or it is asked already. */
export function askWhoIsNext(turn: Turn, lane: Lane, cause: Cause, atMs: number): void {
  if (turn.state.pending !== null || !isAnybodyNext(turn.state, lane)) return
  patch(turn, { pending: { cause, atMs, seqs: [], triggered: [] } })
}

/**
 * Like `askWhoIsNext`, after something has ended that kept others out: a lock, an exclusion, a run of
 * a lane that was full. A decision that is open was asked for before that, so another one follows it.
 */
export function askOnceFreed(turn: Turn, lane: Lane, cause: Cause, atMs: number): void {
  if (!askAgainLater(turn, cause, atMs)) askWhoIsNext(turn, lane, cause, atMs)
}

/** Has the arbiter asked once more where it is being asked; false where it is not. */
export function askAgainLater(turn: Turn, cause: Cause, atMs: number): boolean {
  const { arbitration, pending } = turn.state
  if (arbitration === null || pending === null) return false
  patch(turn, { pending: { again: { cause, atMs }, ...pending } })
  return true
}

/** Asks once more, after the answer, where anybody waits. */
export function askAgain(turn: Turn, { again }: Pick<PendingDecision, 'again'>): void {
  if (again === undefined) return
  for (const lane of ['foreground', 'service'] as const)
    askWhoIsNext(turn, lane, again.cause, again.atMs)
}

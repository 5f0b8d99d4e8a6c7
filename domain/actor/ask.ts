import type { Cause } from '../decisioning/arbitration.ts'
import type { Lane } from '../journeys/journey.ts'
import type { CustomerState } from './customer-state.ts'
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

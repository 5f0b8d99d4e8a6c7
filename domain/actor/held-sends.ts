import { isDropped, withdrawForbidden } from './sends.ts'
import { runById, type Turn } from './turn.ts'
import { retrySend } from './walk.ts'

/**
 * Judges anew what the gate has judged before something changed: sends on their way are taken back
 * where they may not go out any more, held ones go out where they may. What is stopped outside the
 * actor stays so until it is released, unless it is not to go out at all. Paused runs are judged
 * when they resume.
 *
 * @param except a delivery that was held a moment ago, for a reason that only its activity knows
 */
export function rejudgeHeld(turn: Turn, atMs: number, except: string | null = null): void {
  withdrawForbidden(turn)
  for (const { runId } of turn.state.runs) {
    const run = runById(turn.state, runId)
    if (run?.status !== 'active' || run.heard !== null || run.wait?.type !== 'send') continue
    const { send } = run.wait
    if (send.waits === undefined || send.deliveryId === except) continue
    if (send.waits.as === 'held' || isDropped(turn, run, send)) retrySend(turn, run, atMs)
  }
}

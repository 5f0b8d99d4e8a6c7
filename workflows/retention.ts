import { continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { RetentionRound } from '../activities/contract.ts'
import { beginRetention, retainSome } from './effects.ts'

const HISTORY_EVENTS_MAX = 800

/**
 * Deletes what the retention rules keep no longer; the engine's schedule starts one a day. Decides nothing:
 * how far it is stands in SQL, so it may be killed at any point, and the next one goes on from there.
 *
 * Owns: when to go on.
 */
export async function retention(): Promise<RetentionRound | null> {
  const run = await beginRetention({ runId: workflowInfo().workflowId })
  if (run === null) return null
  for (;;) {
    const round = await retainSome(run)
    if (round.isOver) return round
    const { historyLength, continueAsNewSuggested } = workflowInfo()
    if (historyLength > HISTORY_EVENTS_MAX || continueAsNewSuggested)
      await continueAsNew<typeof retention>()
  }
}

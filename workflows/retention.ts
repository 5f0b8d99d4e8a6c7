import { continueAsNew, workflowInfo } from '@temporalio/workflow'
import type { RetentionRound } from '../activities/contract.ts'
import { beginRetention, retainSome } from './effects.ts'
import { runRounds } from './rounds.ts'

/**
 * Deletes what the retention rules keep no longer; the engine's schedule starts one a day. Decides nothing:
 * how far it is stands in SQL, so it may be killed at any point, and the next one goes on from there.
 *
 * Owns: that a firing has one run, whose rounds follow each other without rest.
 */
export async function retention(): Promise<RetentionRound | null> {
  const run = await beginRetention({ runId: workflowInfo().workflowId })
  if (run === null) return null
  return runRounds(() => retainSome(run), { goOn: () => continueAsNew<typeof retention>() })
}

import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow'
import { rollOutSome } from './effects.ts'
import type { RolloutInput } from './rollout-messages.ts'

const HISTORY_EVENTS_MAX = 800

/**
 * Brings lifecycle rules to everybody. Decides nothing: whom it has told, how fast and how far it may go
 * stand in SQL, so it may be killed, or started again, at any point. A pause ends it with its next round.
 *
 * Owns: when to go on.
 */
export async function rollout({ version }: RolloutInput): Promise<void> {
  for (;;) {
    const { isOver, nextInMs } = await rollOutSome({ version })
    if (isOver) return
    await sleep(nextInMs)
    const { historyLength, continueAsNewSuggested } = workflowInfo()
    if (historyLength > HISTORY_EVENTS_MAX || continueAsNewSuggested)
      await continueAsNew<typeof rollout>({ version })
  }
}

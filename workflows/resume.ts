import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow'
import { resumeSome } from './effects.ts'
import type { ResumeInput } from './resume-messages.ts'

const HISTORY_EVENTS_MAX = 800

/**
 * Brings back what a stop has parked. Decides nothing: the ramp and what is left stand in SQL, so it may
 * be killed, or started again, at any point. A new stop ends it with its next round.
 *
 * Owns: when to look again.
 */
export async function resume({ resumeId }: ResumeInput): Promise<void> {
  for (;;) {
    const { isOver, nextInMs } = await resumeSome({ resumeId })
    if (isOver) return
    if (nextInMs > 0) await sleep(nextInMs)
    const { historyLength, continueAsNewSuggested } = workflowInfo()
    if (historyLength > HISTORY_EVENTS_MAX || continueAsNewSuggested)
      await continueAsNew<typeof resume>({ resumeId })
  }
}

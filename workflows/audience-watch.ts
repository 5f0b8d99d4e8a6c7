import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow'
import { watchSome } from './effects.ts'
import type { AudienceWatchInput } from './watch-messages.ts'

const HISTORY_EVENTS_MAX = 800

/**
 * Looks once who has come into an audience, and who has gone; the engine's schedule starts one again and
 * again. Decides nothing: how far it is stands in SQL, so it may be killed at any point, and the next one
 * goes on from there.
 *
 * Owns: when to go on.
 */
export async function audienceWatch({ audience }: AudienceWatchInput): Promise<void> {
  for (;;) {
    const { isOver, nextInMs } = await watchSome({ audience })
    if (isOver) return
    await sleep(nextInMs)
    const { historyLength, continueAsNewSuggested } = workflowInfo()
    if (historyLength > HISTORY_EVENTS_MAX || continueAsNewSuggested)
      await continueAsNew<typeof audienceWatch>({ audience })
  }
}

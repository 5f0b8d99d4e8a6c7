import { continueAsNew, sleep, workflowInfo } from '@temporalio/workflow'
import { beginEntry, enterSome } from './effects.ts'
import type { AudienceEntryInput } from './entry-messages.ts'

const HISTORY_EVENTS_MAX = 800

/**
 * Has an audience enter a journey; the engine's schedule starts one at each firing. Decides nothing: who
 * was let in, how fast and how far it may go stand in SQL, so it may be killed, or started again, at any
 * point. A pause ends it with its next round.
 *
 * Owns: when to go on.
 */
export async function audienceEntry({ journey, entryId }: AudienceEntryInput): Promise<void> {
  const begun =
    entryId === undefined
      ? await beginEntry({ journey, workflowId: workflowInfo().workflowId })
      : { entryId }
  if (begun === null) return
  for (;;) {
    const { isOver, nextInMs } = await enterSome(begun)
    if (isOver) return
    await sleep(nextInMs)
    const { historyLength, continueAsNewSuggested } = workflowInfo()
    if (historyLength > HISTORY_EVENTS_MAX || continueAsNewSuggested)
      await continueAsNew<typeof audienceEntry>({ journey, ...begun })
  }
}

import { continueAsNew, workflowInfo } from '@temporalio/workflow'
import { beginEntry, enterSome } from './effects.ts'
import type { AudienceEntryInput } from './entry-messages.ts'
import { restAsSaid, runRounds } from './rounds.ts'

/**
 * Has an audience enter a journey; the engine's schedule starts one at each firing. Decides nothing: who
 * was let in, how fast and how far it may go stand in SQL, so it may be killed, or started again, at any
 * point. A pause ends it with its next round.
 *
 * Owns: that a firing begins one entry, and that a timer stands between two rounds, however short.
 */
export async function audienceEntry({ journey, entryId }: AudienceEntryInput): Promise<void> {
  const begun =
    entryId === undefined
      ? await beginEntry({ journey, workflowId: workflowInfo().workflowId })
      : { entryId }
  if (begun === null) return
  await runRounds(() => enterSome(begun), {
    rest: restAsSaid,
    goOn: () => continueAsNew<typeof audienceEntry>({ journey, ...begun }),
  })
}

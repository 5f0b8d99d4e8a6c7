import { continueAsNew } from '@temporalio/workflow'
import { watchSome } from './effects.ts'
import { restAsSaid, runRounds } from './rounds.ts'
import type { AudienceWatchInput } from './watch-messages.ts'

/**
 * Looks once who has come into an audience, and who has gone; the engine's schedule starts one again and
 * again. Decides nothing: how far it is stands in SQL, so it may be killed at any point, and the next one
 * goes on from there.
 *
 * Owns: that a timer stands between two rounds, however short.
 */
export async function audienceWatch({ audience }: AudienceWatchInput): Promise<void> {
  await runRounds(() => watchSome({ audience }), {
    rest: restAsSaid,
    goOn: () => continueAsNew<typeof audienceWatch>({ audience }),
  })
}

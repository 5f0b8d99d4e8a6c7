import { continueAsNew } from '@temporalio/workflow'
import { rollOutSome } from './effects.ts'
import type { RolloutInput } from './rollout-messages.ts'
import { restAsSaid, runRounds } from './rounds.ts'

/**
 * Brings lifecycle rules to everybody. Decides nothing: whom it has told, how fast and how far it may go
 * stand in SQL, so it may be killed, or started again, at any point. A pause ends it with its next round.
 *
 * Owns: that a timer stands between two rounds, however short.
 */
export async function rollout({ version }: RolloutInput): Promise<void> {
  await runRounds(() => rollOutSome({ version }), {
    rest: restAsSaid,
    goOn: () => continueAsNew<typeof rollout>({ version }),
  })
}

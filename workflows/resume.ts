import { continueAsNew, sleep } from '@temporalio/workflow'
import { resumeSome } from './effects.ts'
import type { ResumeInput } from './resume-messages.ts'
import { runRounds } from './rounds.ts'

/**
 * Brings back what a stop has parked. Decides nothing: the ramp and what is left stand in SQL, so it may
 * be killed, or started again, at any point. A new stop ends it with its next round.
 *
 * Owns: when to look again.
 */
export async function resume({ resumeId }: ResumeInput): Promise<void> {
  await runRounds(() => resumeSome({ resumeId }), {
    rest: ({ nextInMs }) => (nextInMs > 0 ? sleep(nextInMs) : undefined),
    goOn: () => continueAsNew<typeof resume>({ resumeId }),
  })
}

import { condition, continueAsNew, setHandler } from '@temporalio/workflow'
import { migrateSome } from './effects.ts'
import { migrationChanged, type MigrationInput } from './migration-messages.ts'
import { isHistoryLong } from './rounds.ts'

/** Between two rounds that had somebody to ask: a round takes as many as are to be asked in a second. */
const ROUND_MS = 1_000
/** Between two looks while nobody can be asked, at most. */
const IDLE_MS_MAX = 15_000

/**
 * Works a migration off at its rate. Decides nothing: what is left to be done stands in SQL, so it may
 * be killed, or started again, at any point.
 *
 * Owns: the rate, and when to look again.
 *
 * Invariant: it ends only when nothing was changed since its last round began, and nothing is awaited
 * between that check and the end. A signal that slips in fails the task, which then runs again.
 */
export async function migration({ migrationId }: MigrationInput): Promise<void> {
  let isChanged = false
  setHandler(migrationChanged, () => void (isChanged = true), {
    description: 'Its row was changed: it was begun, resumed, or is to be undone',
  })

  for (let idle = 0; ;) {
    isChanged = false
    const { isOver, looked } = await migrateSome({ migrationId })
    if (isOver && !isChanged) return
    idle = looked > 0 ? 0 : idle + 1
    const waitMs = Math.min(ROUND_MS * 2 ** Math.max(0, idle - 1), IDLE_MS_MAX)
    await condition(() => isChanged, waitMs)
    // What was changed meanwhile is seen by the round with which the next run begins.
    if (isHistoryLong()) await continueAsNew<typeof migration>({ migrationId })
  }
}

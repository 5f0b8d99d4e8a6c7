import { listRunningErasures } from '../db/erasures.ts'
import { carryOnErasure, type ErasureDeps } from './erase-customer.ts'
import { startRounds, type Rounds } from './rounds.ts'

/**
 * Goes on with erasures that nobody works on: begun just now, or left by a process that died or had no
 * engine. One that fails holds up no other; the next round tries it again.
 */
export function startEraser(
  deps: Pick<ErasureDeps, 'db' | 'client' | 'now'> & {
    /** Told of a failure that is going to be tried again. Must not throw. */
    readonly onError: (error: unknown) => void
    /** Default 5 s. */
    readonly everyMs?: number
  },
): Rounds {
  const { db, onError, everyMs = 5_000 } = deps
  const round = async (): Promise<void> => {
    for (const erasureId of await listRunningErasures(db))
      await carryOnErasure(deps, erasureId).catch(onError)
  }
  return startRounds(round, { everyMs, onError })
}

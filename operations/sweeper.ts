import type { Kysely } from 'kysely'
import { deleteSettledBatches } from '../db/batches.ts'
import { deleteOldClaims } from '../db/idempotency-keys.ts'
import { listWaitingCustomers } from '../db/leases.ts'
import type { Database } from '../db/schema.ts'
import type { Dispatcher } from './dispatcher.ts'

const WAITING_MAX = 500
const SETTLED_MAX = 1_000
/** Every how many rounds answers that are too old are deleted. */
const CLAIMS_EVERY = 60

export interface SweeperDeps {
  readonly db: Kysely<Database>
  readonly dispatcher: Pick<Dispatcher, 'wake' | 'hasRoom'>
  /** Told of a failed round; the next one tries again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 1 s. */
  readonly everyMs?: number
}

export interface Sweeper {
  /** No further round; resolves when the one under way has ended. */
  readonly stop: () => Promise<void>
}

/**
 * Brings to the dispatcher whoever waits and was not brought by a wake-up: rows of another process,
 * of one that died, of a restart from a snapshot. Goes round all of them, a bounded number at a time.
 * Deletes settled batches and old answers on the way.
 */
export function startSweeper({ db, dispatcher, onError, everyMs = 1_000 }: SweeperDeps): Sweeper {
  let rounds = 0
  let after = ''
  let settledAfter = ''
  let timer: NodeJS.Timeout | undefined
  let stopped = false

  const sweep = async (): Promise<void> => {
    if (dispatcher.hasRoom()) {
      const { customerIds, next } = await listWaitingCustomers(db, { after, limit: WAITING_MAX })
      after = next ?? ''
      if (customerIds.length > 0) dispatcher.wake(customerIds)
    }
    settledAfter =
      (await deleteSettledBatches(db, { after: settledAfter, limit: SETTLED_MAX })) ?? ''
    if (rounds++ % CLAIMS_EVERY === 0) await deleteOldClaims(db)
  }

  const round = async (): Promise<void> => {
    try {
      await sweep()
    } catch (error) {
      onError(error)
    }
    if (!stopped) timer = setTimeout(begin, everyMs)
  }
  let current = Promise.resolve()
  const begin = (): void => {
    current = round()
  }
  begin()

  return {
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await current
    },
  }
}

import type { Kysely } from 'kysely'
import { listCapacitiesWithRoom, lockFree } from '../db/capacities.ts'
import { listUnheard, listWaitingFor, releaseSends } from '../db/parked-sends.ts'
import type { Database } from '../db/schema.ts'
import type { PublishedRules } from './published-rules.ts'
import { startRounds, type Rounds } from './rounds.ts'

/** Sends let go in one transaction. */
const RELEASED_MAX = 500
/** Every how many rounds those are looked for that were let go and came to nothing. */
const UNHEARD_EVERY = 30

export interface ReleaseDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /** Real time. */
  readonly now: () => number
  /** Told of customers with something to deliver. Must not throw. */
  readonly onPending: (customerIds: string[]) => void
}

/**
 * Lets go what waits for a capacity, as far as there is room: by customer group, then the most valuable,
 * then the oldest. Stops at the first that does not fit, so that a large one is not passed for ever.
 * What was let go has its room reserved.
 */
export async function releaseWaiting({ db, rules, now, onPending }: ReleaseDeps): Promise<void> {
  const names = await listCapacitiesWithRoom(db)
  if (names.length === 0) return
  const { book } = await rules.getRules(db)
  const groups = (book.contact?.groups ?? []).map(({ name }) => name)
  for (const name of names) {
    const told = await db.transaction().execute(async (trx) => {
      let free = await lockFree(trx, name)
      const waiting = await listWaitingFor(trx, name, { groups, limit: RELEASED_MAX })
      const isFull = waiting.findIndex(({ cost }) => (free -= cost) < 0)
      const fitting = isFull < 0 ? waiting : waiting.slice(0, isFull)
      return releaseSends(trx, fitting, { reason: `capacity:${name}`, nowMs: now() })
    })
    if (told.length > 0) onPending(told)
  }
}

/** An actor may have heard of its release before it had heard that it was parked: it is told again. */
async function tellAgain({ db, now, onPending }: ReleaseDeps): Promise<void> {
  const told = await db.transaction().execute(async (trx) => {
    const unheard = await listUnheard(trx, RELEASED_MAX)
    return releaseSends(trx, unheard, { reason: 'told_again', nowMs: now() })
  })
  if (told.length > 0) onPending(told)
}

/** Lets go again and again what waits for a capacity that has room. */
export function startReleaser(
  deps: ReleaseDeps & {
    /** Told of a failed round; the next one tries again. Must not throw. */
    readonly onError: (error: unknown) => void
    /** Default 1 s. */
    readonly everyMs?: number
  },
): Rounds {
  let rounds = 0
  const work = async (): Promise<void> => {
    await releaseWaiting(deps)
    if (++rounds % UNHEARD_EVERY === 0) await tellAgain(deps)
  }
  return startRounds(work, { everyMs: deps.everyMs ?? 1_000, onError: deps.onError })
}

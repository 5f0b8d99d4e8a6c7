import type { Kysely } from 'kysely'
import { deleteSettledBatches } from '../db/batches.ts'
import { deleteOldClaims } from '../db/idempotency-keys.ts'
import { listWaitingCustomers } from '../db/leases.ts'
import { deletePastCounts } from '../db/past-counts.ts'
import type { Database } from '../db/schema.ts'
import { insertVersionExits } from '../db/stopped-runs.ts'
import { createDateAnnouncer } from './announce-dates.ts'
import { COUNTS_KEPT_DAYS } from './count-days.ts'
import type { Dispatcher } from './dispatcher.ts'
import { createPublishedRules } from './published-rules.ts'
import { startRounds, type Rounds } from './rounds.ts'
import { LEAVERS_MAX } from './stop-version.ts'

const WAITING_MAX = 500
const SETTLED_MAX = 1_000
/** Every how many rounds answers that are too old are deleted. */
const CLAIMS_EVERY = 60
/** Every how many rounds counts are deleted that no report looks at any more. */
const COUNTS_EVERY = 3_600
const DAY_MS = 86_400_000
/** Every how many rounds stopped versions are looked at while nobody is known to be inside. */
const STOPPED_EVERY = 5
/** Every how many rounds it is asked whether journeys on a date were published. */
const DATES_EVERY = 5

export interface SweeperDeps {
  readonly db: Kysely<Database>
  readonly dispatcher: Pick<Dispatcher, 'wake' | 'hasRoom'>
  /** Told of a failed round; the next one tries again. Must not throw. */
  readonly onError: (error: unknown) => void
  /** Default 1 s. */
  readonly everyMs?: number
  /** Default: the clock of this machine. */
  readonly now?: () => number
}

/**
 * Brings to the dispatcher whoever waits and was not brought by a wake-up: rows of another process,
 * of one that died, of a restart from a snapshot. Goes round all of them, a bounded number at a time.
 * Tells people to leave stopped versions whom stopping itself did not tell: beyond the first
 * thousands, or on their way in when it was stopped. Has actors hear of journeys on a date. Deletes
 * settled batches, old answers and counts of long ago on the way.
 */
export function startSweeper(deps: SweeperDeps): Rounds {
  const { db, dispatcher, onError, everyMs = 1_000, now = Date.now } = deps
  const dates = createDateAnnouncer({ db, rules: createPublishedRules(), now })
  let rounds = 0
  let areManyInside = false
  let after = ''
  let settledAfter = ''

  const sweep = async (): Promise<void> => {
    if (dispatcher.hasRoom()) {
      const { customerIds, next } = await listWaitingCustomers(db, { after, limit: WAITING_MAX })
      after = next ?? ''
      if (customerIds.length > 0) dispatcher.wake(customerIds)
    }
    settledAfter =
      (await deleteSettledBatches(db, { after: settledAfter, limit: SETTLED_MAX })) ?? ''
    if (areManyInside || rounds % STOPPED_EVERY === 0) {
      const told = await insertVersionExits(db, { nowMs: now(), limit: LEAVERS_MAX })
      areManyInside = told.length === LEAVERS_MAX
      if (told.length > 0) dispatcher.wake(told)
    }
    if (dispatcher.hasRoom() && (!dates.isDone() || rounds % DATES_EVERY === 0)) {
      const told = await dates.next()
      if (told.length > 0) dispatcher.wake(told)
    }
    if (rounds % CLAIMS_EVERY === 0) await deleteOldClaims(db)
    if (rounds % COUNTS_EVERY === 0)
      await deletePastCounts(db, new Date(now() - COUNTS_KEPT_DAYS * DAY_MS))
    rounds++
  }

  return startRounds(sweep, { everyMs, onError })
}

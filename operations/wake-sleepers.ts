import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import { takeDueSleepers } from '../db/sleepers.ts'
import { startActor } from './start-actor.ts'

/** Actors started by one round: what is due at once, as after an import, is spread over rounds. */
const WOKEN_MAX = 100
/** Starts under way at once. */
const STARTS_MAX = 10
const START_WITHIN_MS = 10_000
/** After it one that was taken and not started comes again. */
const RETRY_MS = 60_000

export interface WakeSleepersDeps {
  readonly db: Kysely<Database>
  readonly client: Client
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

/**
 * Starts the actors of some customers asleep whose instant has come; each takes up what is stored and
 * does what is due. Any number of processes may do so: one takes a customer, and an actor that runs
 * already goes on. While the engine is away a round costs one group of starts that fail.
 *
 * @throws what the first start that failed failed with; those it concerns are tried again in a minute.
 */
export async function wakeSleepers({ db, client, now }: WakeSleepersDeps): Promise<void> {
  const due = await takeDueSleepers(db, { nowMs: now(), retryMs: RETRY_MS, limit: WOKEN_MAX })
  for (let from = 0; from < due.length; from += STARTS_MAX)
    await client.withDeadline(Date.now() + START_WITHIN_MS, () =>
      Promise.all(due.slice(from, from + STARTS_MAX).map((id) => startActor(client, id))),
    )
}

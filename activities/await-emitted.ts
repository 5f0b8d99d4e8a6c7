import { setTimeout as sleep } from 'node:timers/promises'
import type { Kysely } from 'kysely'
import { haveArrived } from '../db/emitted-events.ts'
import type { Database } from '../db/schema.ts'
import type { CustomerActivities } from './contract.ts'

/** An event comes back within about a second; where nobody dispatches, the clock is let go. */
const WAIT_MS_MAX = 20_000
const POLL_MS = 50

/** Asks the log again and again; answers also where the time is up. */
export const createAwaitEmitted =
  ({
    db,
    now,
  }: {
    readonly db: Kysely<Database>
    /** Real time. */
    readonly now: () => number
  }): CustomerActivities['awaitEmitted'] =>
  async ({ emitIds }) => {
    const untilMs = now() + WAIT_MS_MAX
    while (!(await haveArrived(db, emitIds)) && now() < untilMs) await sleep(POLL_MS)
  }

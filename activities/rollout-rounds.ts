import type { Kysely } from 'kysely'
import { lockRollout, tellNext, updateRollout } from '../db/lifecycle-rollouts.ts'
import type { Database } from '../db/schema.ts'
import type { RolloutActivities } from './contract.ts'

const ROUND_MS = 1_000
const EVERYBODY = 1

interface Deps {
  readonly db: Kysely<Database>
  /** Real time. */
  readonly now: () => number
}

/**
 * One round of a rollout: tells as many customers as it takes in a second. Where it stands is kept in the
 * same transaction, so a round that is repeated goes on where the one before ended, and nobody is told twice.
 */
export const createRollOutSome =
  ({ db, now }: Deps): RolloutActivities['rollOutSome'] =>
  ({ version }) =>
    db.transaction().execute(async (trx) => {
      const rollout = await lockRollout(trx, version)
      if (rollout?.status !== 'running') return { isOver: true, nextInMs: 0 }
      const nowMs = now()
      const { looked, last, told } = await tellNext(trx, rollout, nowMs)
      const isOver = looked < rollout.perSecond
      const ended = rollout.share < EVERYBODY ? 'paused' : 'done'
      await updateRollout(
        trx,
        {
          ...rollout,
          after: last,
          told: rollout.told + told,
          status: isOver ? ended : 'running',
        },
        new Date(nowMs),
      )
      return { isOver, nextInMs: isOver ? 0 : ROUND_MS }
    })

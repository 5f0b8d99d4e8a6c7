import type { Kysely } from 'kysely'
import { appendCommands } from '../db/event-log.ts'
import type { Database } from '../db/schema.ts'
import type { JsonObject } from '../domain/json.ts'
import type { CustomerActivities } from './contract.ts'

/** Puts what became of a try of the loser's into the log of whoever it is part of by now. */
export const createForwardOutcome =
  ({
    db,
    now,
  }: {
    readonly db: Kysely<Database>
    readonly now: () => number
  }): CustomerActivities['forwardOutcome'] =>
  async ({ customerId, mergeId, outcome }) => {
    const { key, attempt } = outcome
    const told: object = outcome
    const messageId = `outcome:${mergeId}:${key}:${attempt}`
    const commands = [{ customerId, messageId, payload: told as JsonObject }]
    await db
      .transaction()
      .execute((trx) => appendCommands(trx, 'outcome', { nowMs: now(), commands }))
  }

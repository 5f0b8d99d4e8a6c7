import type { Kysely } from 'kysely'
import { getRuleBook, lockRuleBookShared } from '../db/rule-book-in-force.ts'
import type { Database } from '../db/schema.ts'
import { takeOver } from '../db/take-over.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import type { JsonObject } from '../domain/json.ts'
import type { CustomerActivities } from './contract.ts'

/** Makes a customer part of another, once for each merge; see `db/take-over.ts`. */
export const createHandOver =
  ({
    db,
    now,
  }: {
    readonly db: Kysely<Database>
    readonly now: () => number
  }): CustomerActivities['handOver'] =>
  async ({ legacy: { mergeId, exported, lastBatch }, record }) => {
    // Before it leaves: what it writes afterwards is the other's.
    if (record !== null) await writeTurnRecord(db, record, null)
    await db.transaction().execute(async (trx) => {
      const book = await getRuleBook(trx, await lockRuleBookShared(trx))
      const runIds = exported.runs.map(({ runId }) => runId)
      const held: object = exported
      await takeOver(trx, book, { mergeId, exported: held as JsonObject, runIds, lastBatch }, now())
    })
  }

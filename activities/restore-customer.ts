import type { Kysely } from 'kysely'
import { redeliverBatches } from '../db/batches.ts'
import { beginLife } from '../db/sleepers.ts'
import { lockStoredCustomer } from '../db/stored-customers.ts'
import type { Database } from '../db/schema.ts'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import type { CustomerActivities } from './contract.ts'

/**
 * Restores an actor that starts without a state, and notes that there is one: its last snapshot, and the batches that neither the
 * snapshot nor the actor's inbox holds, which the dispatcher then delivers again. Null for one that
 * has nothing to live for: the customer was merged into another, or erased.
 */
export const createRestoreCustomer =
  ({ db }: { readonly db: Kysely<Database> }): CustomerActivities['restoreCustomer'] =>
  ({ customerId, received = [] }) =>
    db.transaction().execute(async (trx) => {
      const stored = await lockStoredCustomer(trx, customerId)
      if (stored === undefined || stored.isGone) return null
      const { snapshot, snapshotBatch, test, zone, known } = stored
      const afterBatch = lastInRow(snapshotBatch ?? 0, received)
      await redeliverBatches(trx, { customerId, afterBatch })
      const life = await beginLife(trx, customerId)
      return { snapshot: snapshot && caughtUp(snapshot, stored.pageTurn), test, zone, known, life }
    })

/** How far an actor gets from batch `n` with what it has: up to the first number that is missing. */
function lastInRow(n: number, received: readonly number[]): number {
  const has = new Set(received)
  let last = n
  while (has.has(last + 1)) last += 1
  return last
}

/** Turns that the snapshot missed are lived again under new numbers: those written before keep theirs. */
const caughtUp = (snapshot: CustomerState, pageTurn: number): CustomerState => ({
  ...snapshot,
  turn: Math.max(snapshot.turn, pageTurn),
})

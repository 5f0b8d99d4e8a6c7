import { sql, type Kysely, type Transaction } from 'kysely'
import type { CustomerState } from '../domain/actor/customer-state.ts'
import { jsonText } from './json-rows.ts'
import type { ActorPlace, Database } from './schema.ts'

/*
 * Where a customer's actor is: `customers.actor`.
 *
 *   none ──▶ open ⇄ asleep     and none ──▶ asleep, by an import
 *
 * Written under the lock of the customer's row, by an actor that starts (`open`), by one that goes to
 * sleep, and by a process that applies a batch without an actor (both `asleep`). So whoever holds the
 * row and reads `none` or `asleep` knows that no actor has taken the state over from it.
 */

/** A customer on whose stored state a batch may be applied. */
export interface RestingCustomer {
  readonly snapshot: CustomerState | null
  /** The last batch that the snapshot holds; 0 without one. */
  readonly snapshotBatch: number
  readonly zone: string
  readonly known: boolean
}

/** A customer without an actor, held against other writers until `trx` ends; undefined where there is one, or may never be one. */
export async function lockResting(
  trx: Transaction<Database>,
  customerId: string,
): Promise<RestingCustomer | undefined> {
  const { rows } = await sql<RestingCustomer>`
    select snapshot, coalesce(snapshot_batch, 0) as "snapshotBatch", zone, known from customers
    where customer_id = ${customerId} and actor <> 'open' and not test
      and merged_into is null and erasing_at is null
    for no key update
  `.execute(trx)
  return rows[0]
}

/** Writes what a customer sleeps with, and when it is to be woken. The caller holds the row, and nobody else has the state. */
export async function storeAsleep(
  trx: Transaction<Database>,
  snapshot: CustomerState,
  wakeAtMs: number | null,
): Promise<void> {
  const wakeAt = wakeAtMs === null ? null : new Date(wakeAtMs)
  await trx
    .updateTable('customers')
    .set({
      snapshot: jsonText(snapshot),
      snapshot_turn: snapshot.turn,
      snapshot_batch: snapshot.lastBatch,
      actor: 'asleep',
      wake_at: wakeAt,
      next_wake_at: wakeAt,
    })
    .where('customer_id', '=', snapshot.customerId)
    .execute()
}

/**
 * Has the actor of one life go to sleep with what it knows. False where another life has begun since,
 * or the customer is gone. Repeated after it was done it changes nothing, whatever was applied since.
 */
export async function putToSleep(
  db: Kysely<Database>,
  input: {
    readonly snapshot: CustomerState
    readonly life: number
    readonly wakeAtMs: number | null
  },
): Promise<boolean> {
  const { snapshot, life, wakeAtMs } = input
  return db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ actor: ActorPlace }>`
      select actor from customers
      where customer_id = ${snapshot.customerId} and actor_life = ${life}
        and merged_into is null and erasing_at is null
      for no key update
    `.execute(trx)
    if (rows[0]?.actor === 'open') await storeAsleep(trx, snapshot, wakeAtMs)
    return rows.length > 0
  })
}

/** Notes that an actor starts from what is stored, and which life that is. The caller holds the row. */
export async function beginLife(trx: Transaction<Database>, customerId: string): Promise<number> {
  const { actor_life: life } = await trx
    .updateTable('customers')
    .set((eb) => ({ actor: 'open', wake_at: null, actor_life: eb('actor_life', '+', 1) }))
    .where('customer_id', '=', customerId)
    .returning('actor_life')
    .executeTakeFirstOrThrow()
  return life
}

/**
 * Takes customers asleep whose instant has come, the longest overdue first. Each is set aside for
 * `retryMs`: other processes take others, and one whose actor could not be started comes again.
 */
export async function takeDueSleepers(
  db: Kysely<Database>,
  input: { readonly nowMs: number; readonly retryMs: number; readonly limit: number },
): Promise<string[]> {
  const { nowMs, retryMs, limit } = input
  const { rows } = await sql<{ customer_id: string }>`
    update customers set wake_at = ${new Date(nowMs + retryMs)}
    where customer_id in (
      select customer_id from customers
      where actor = 'asleep' and erasing_at is null and wake_at <= ${new Date(nowMs)}
      order by wake_at limit ${limit}
      for no key update skip locked)
    returning customer_id
  `.execute(db)
  return rows.map((row) => row.customer_id)
}

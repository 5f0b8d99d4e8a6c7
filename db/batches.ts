import { sql, type Kysely, type Transaction } from 'kysely'
import type { EventBatch } from '../domain/actor/inputs.ts'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

export interface StoredBatch {
  readonly customerId: string
  readonly batch: EventBatch
}

/** The first batch of each customer that is fixed and not yet delivered. */
export async function listFirstUndelivered(
  db: Kysely<Database>,
  customerIds: readonly string[],
): Promise<StoredBatch[]> {
  const { rows } = await sql<StoredBatch>`
    select distinct on (customer_id) customer_id as "customerId", content as batch
    from batches
    where customer_id = any(${customerIds}::text[]) and delivered_at is null
    order by customer_id, n
  `.execute(db)
  return rows
}

/**
 * Fixes batches: from here on their content and number never change. Moves their events (`seqs`) out
 * of the pending part of the log and counts the customers on, in one statement.
 */
export async function insertBatches(
  trx: Transaction<Database>,
  batches: readonly (StoredBatch & { seqs: readonly number[] })[],
): Promise<void> {
  const rows = batches.map(({ customerId, batch }) => ({ customerId, n: batch.n, content: batch }))
  const taken = batches.flatMap(({ batch, seqs }) => seqs.map((seq) => ({ seq, n: batch.n })))
  await sql`
    with fixed as (
      insert into batches (customer_id, n, content)
      select r."customerId", r.n, r.content
      from ${jsonRows(rows, '"customerId" text, n int, content jsonb')}
      returning customer_id, n
    ), taken as (
      update events e set status = 'batched', batch = r.n
      from ${jsonRows(taken, 'seq bigint, n int')} where e.seq = r.seq
    )
    update customers c set last_batch = fixed.n from fixed where c.customer_id = fixed.customer_id
  `.execute(trx)
}

/** Notes that the engine has these batches. */
export async function markDelivered(
  trx: Transaction<Database>,
  batches: readonly { customerId: string; n: number }[],
): Promise<void> {
  await sql`
    update batches b set delivered_at = now()
    from ${jsonRows(batches, '"customerId" text, n int')}
    where b.customer_id = r."customerId" and b.n = r.n and b.delivered_at is null
  `.execute(trx)
}

/**
 * Has the batches after `afterBatch` delivered again: an actor has started that holds them neither in
 * its snapshot nor in its inbox. The new epoch keeps a delivery that is under way right now, perhaps
 * to the run that is gone, from being marked as done.
 */
export async function redeliverBatches(
  trx: Transaction<Database>,
  input: { customerId: string; afterBatch: number },
): Promise<void> {
  const { customerId, afterBatch } = input
  // A dispatcher that marks a batch holds this row: what it marks is seen below, or marked in vain.
  await sql`select from customers where customer_id = ${customerId} for no key update`.execute(trx)
  await sql`
    with later as (
      update batches set delivered_at = null
      where customer_id = ${customerId} and n > ${afterBatch}
      returning n
    )
    update customers set delivery_epoch = delivery_epoch + 1
    where customer_id = ${customerId} and exists (select from later)
  `.execute(trx)
}

/**
 * Drops delivered batches that the actors' snapshots hold: nobody will ask for them again. Walks over
 * at most `limit` batches; answers the customer after whom to go on, null at the end of the round.
 */
export async function deleteSettledBatches(
  db: Kysely<Database>,
  { after, limit }: { after: string; limit: number },
): Promise<string | null> {
  const { rows } = await sql<{ last: string | null; walked: number }>`
    with page as (
      select customer_id, n, delivered_at from batches where customer_id > ${after}
      order by customer_id, n limit ${limit}
    ), gone as (
      delete from batches b using page
      where b.customer_id = page.customer_id and b.n = page.n and page.delivered_at is not null
        and b.n <= (select c.snapshot_batch from customers c where c.customer_id = page.customer_id)
    )
    select max(customer_id) as last, count(*)::int as walked from page
  `.execute(db)
  const page = rows[0]
  return page === undefined || page.walked < limit ? null : page.last
}

import { sql, type Kysely, type Transaction } from 'kysely'
import type { Database } from './schema.ts'

/** A customer whose log one dispatcher may deliver. */
export interface LeasedCustomer {
  readonly customerId: string
  readonly test: boolean
  readonly lastBatch: number
  /** Goes up when the actor starts again from a snapshot: then what was delivered may be undelivered again. */
  readonly deliveryEpoch: number
}

/**
 * Takes or renews the lease of those customers whom nobody else holds, and holds their rows against
 * every other writer until `trx` ends. Leases run on the database's clock.
 */
export async function claimLeases(
  trx: Transaction<Database>,
  input: { owner: string; customerIds: readonly string[]; leaseMs: number },
): Promise<LeasedCustomer[]> {
  const { rows } = await sql<LeasedCustomer>`
    with free as (
      select customer_id from customers
      where customer_id = any(${input.customerIds}::text[])
        and erasing_at is null
        and (lease_until is null or lease_until < now() or lease_owner = ${input.owner})
      order by customer_id
      for no key update
    )
    update customers c
    set lease_owner = ${input.owner}, lease_until = now() + ${input.leaseMs} * interval '1 millisecond'
    from free where c.customer_id = free.customer_id
    returning c.customer_id as "customerId", c.test, c.last_batch as "lastBatch",
      c.delivery_epoch as "deliveryEpoch"
  `.execute(trx)
  return rows
}

/** Gives leases back. Those that somebody else took meanwhile are left alone. */
export async function releaseLeases(
  db: Kysely<Database>,
  input: { owner: string; customerIds: readonly string[] },
): Promise<void> {
  await sql`
    update customers set lease_owner = null, lease_until = null
    where lease_owner = ${input.owner} and customer_id in (
      select customer_id from customers where customer_id = any(${input.customerIds}::text[])
      order by customer_id for no key update)
  `.execute(db)
}

/** Gives back every lease there is: for a process that knows that no other one runs. */
export async function releaseAllLeases(db: Kysely<Database>): Promise<void> {
  await sql`update customers set lease_owner = null, lease_until = null
    where lease_owner is not null`.execute(db)
}

/** Makes held leases last `leaseMs` from now and answers which of them are still held. */
export async function renewLeases(
  db: Kysely<Database>,
  input: { owner: string; customerIds: readonly string[]; leaseMs: number },
): Promise<string[]> {
  const { rows } = await sql<{ customer_id: string }>`
    update customers set lease_until = now() + ${input.leaseMs} * interval '1 millisecond'
    where lease_owner = ${input.owner} and customer_id in (
      select customer_id from customers where customer_id = any(${input.customerIds}::text[])
      order by customer_id for no key update)
    returning customer_id
  `.execute(db)
  return rows.map((row) => row.customer_id)
}

/**
 * Customers who have something to deliver and whom nobody holds: what a crashed process, or one
 * without a dispatcher, left behind. `next` is where to go on; null at the end of the round.
 *
 * Cost: one index seek for each customer walked over, however long their logs are.
 */
export async function listWaitingCustomers(
  db: Kysely<Database>,
  { after, limit }: { after: string; limit: number },
): Promise<{ customerIds: string[]; next: string | null }> {
  const { rows } = await sql<{ customer_id: string; free: boolean }>`
    with recursive pending as (
      (select customer_id from events where status = 'pending' and customer_id > ${after}
        order by customer_id limit 1)
      union all
      select (select e.customer_id from events e
        where e.status = 'pending' and e.customer_id > pending.customer_id
        order by e.customer_id limit 1)
      from pending where pending.customer_id is not null
    ), waiting as (
      (select customer_id from pending where customer_id is not null limit ${limit})
      union
      (select distinct customer_id from batches where delivered_at is null and customer_id > ${after}
        order by customer_id limit ${limit})
    )
    select customer_id, (
      select lease_until is null or lease_until < now() from customers c
      where c.customer_id = waiting.customer_id
    ) as free
    from waiting order by customer_id limit ${limit}
  `.execute(db)
  return {
    customerIds: rows.filter((row) => row.free).map((row) => row.customer_id),
    next: rows.length < limit ? null : (rows.at(-1)?.customer_id ?? null),
  }
}

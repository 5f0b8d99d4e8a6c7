import { sql, type Transaction } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

/** `user`, `anonymous`, and what the identity rules name. */
export type IdentityKind = string

export interface IdentityKey {
  readonly kind: IdentityKind
  readonly value: string
}

export interface FoundIdentity extends IdentityKey {
  readonly customerId: string
  readonly test: boolean
}

/**
 * Which customers these identities lead to. Identities not seen before are missing from the answer.
 *
 * Cost: index seeks only. A join would let a planner that takes 500 keys for many read all customers.
 */
export async function findIdentities(
  trx: Transaction<Database>,
  keys: readonly IdentityKey[],
): Promise<FoundIdentity[]> {
  const { rows } = await sql<FoundIdentity>`
    select i.kind, i.value, i.customer_id as "customerId",
      (select c.test from customers c where c.customer_id = i.customer_id) as test
    from identities i
    where (i.kind, i.value) in (select r.kind, r.value from ${jsonRows(keys, 'kind text, value text')})
  `.execute(trx)
  return rows
}

/** How many identities of each kind these customers have. */
export async function countIdentities(
  trx: Transaction<Database>,
  customerIds: readonly string[],
): Promise<{ customerId: string; kind: IdentityKind; count: number }[]> {
  const { rows } = await sql<{ customerId: string; kind: string; count: number }>`
    select customer_id as "customerId", kind, count(*)::int as count from identities
    where customer_id = any(${[...customerIds]}::text[]) group by customer_id, kind`.execute(trx)
  return rows
}

/**
 * Attaches identities to customers. Answers how many were new: fewer than given means that another
 * process attached one of them first.
 *
 * Order: by key, so that two processes that attach the same identities wait for one another instead
 * of each for the other.
 */
export async function insertIdentities(
  trx: Transaction<Database>,
  identities: readonly { kind: IdentityKind; value: string; customerId: string; atMs: number }[],
): Promise<number> {
  const result = await sql`
    insert into identities (kind, value, customer_id, created_at)
    select r.kind, r.value, r."customerId", to_timestamp(r."atMs" / 1000.0)
    from ${jsonRows(identities, 'kind text, value text, "customerId" text, "atMs" float8')}
    order by r.kind, r.value
    on conflict do nothing
    returning 1
  `.execute(trx)
  return result.rows.length
}

import { sql, type Transaction } from 'kysely'
import { jsonRows } from './json-rows.ts'
import type { Database } from './schema.ts'

export type IdentityKind = 'user' | 'anonymous'

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

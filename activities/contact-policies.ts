import type { Kysely } from 'kysely'
import { findPolicyInForce, type PolicyInForce } from '../db/policy-in-force.ts'
import type { Database } from '../db/schema.ts'

/** The contact policy of a hash that is in force; kept in memory until there is another one. */
export type ContactPolicies = (hash: string | null) => Promise<PolicyInForce | undefined>

/** @throws {Error} where another one was published in this instant: the try is made again */
export function createContactPolicies(db: Kysely<Database>): ContactPolicies {
  let newest: PolicyInForce | undefined
  return async (hash) => {
    if (hash === null) return undefined
    if (newest?.rules.hash !== hash) newest = await findPolicyInForce(db)
    if (newest?.rules.hash !== hash) throw new Error('Another contact policy was just published.')
    return newest
  }
}

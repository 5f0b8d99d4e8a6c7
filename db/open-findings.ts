import { sql, type Kysely } from 'kysely'
import type { JsonObject } from '../domain/json.ts'
import type { QualityFinding } from './customer-quality.ts'
import { IS_PERSON } from './people.ts'
import type { Database } from './schema.ts'

export interface FindingFilter {
  readonly problem?: string | undefined
  readonly trait?: string | undefined
  readonly kind?: 'setAside' | 'flagged' | undefined
}

export interface OpenFinding extends QualityFinding {
  readonly customerId: string
  /** The customer's profile as it is now. */
  readonly traits: JsonObject
}

/** Where a list of findings goes on. */
export interface FindingPlace {
  readonly customerId: string
  readonly trait: string
  readonly problem: string
}

/** At most `limit` open findings of people, by customer, after the given place. */
export async function listOpenFindings(
  db: Kysely<Database>,
  filter: FindingFilter,
  { limit, after }: { readonly limit: number; readonly after: FindingPlace | undefined },
): Promise<OpenFinding[]> {
  let query = db
    .selectFrom('trait_findings as f')
    .innerJoin('customers as c', 'c.customer_id', 'f.customer_id')
    .select([
      'f.customer_id as customerId',
      'f.trait',
      'f.problem',
      'f.kind',
      'f.value',
      'f.suggestion',
      'f.source',
      'f.said_at as saidAt',
      'c.traits',
    ])
    .where('f.status', '=', 'open')
    .where(IS_PERSON)
  if (filter.problem !== undefined) query = query.where('f.problem', '=', filter.problem)
  if (filter.trait !== undefined) query = query.where('f.trait', '=', filter.trait)
  if (filter.kind !== undefined) query = query.where('f.kind', '=', filter.kind)
  if (after !== undefined)
    query = query.where(
      sql<boolean>`(f.customer_id, f.trait, f.problem) > (${after.customerId}, ${after.trait}, ${after.problem})`,
    )
  return query
    .orderBy('f.customer_id')
    .orderBy('f.trait')
    .orderBy('f.problem')
    .limit(limit)
    .execute()
}

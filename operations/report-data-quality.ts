import type { Kysely } from 'kysely'
import {
  countDuplicates,
  countFindings,
  countFreshness,
  countReach,
  countTraits,
} from '../db/data-quality-report.ts'
import { listLiveDefinitions } from '../db/live-definitions.ts'
import { findPolicyInForce } from '../db/policy-in-force.ts'
import type { Database } from '../db/schema.ts'
import { neededTraits, type NeededTrait } from '../domain/customers/needed-traits.ts'
import type { PublishedRules } from './published-rules.ts'

export interface QualityDeps {
  readonly db: Kysely<Database>
  readonly rules: PublishedRules
  /** Real time, epoch milliseconds. */
  readonly now: () => number
}

/** The traits that what is published needs now. */
export async function traitsNeeded({ db, rules }: QualityDeps): Promise<NeededTrait[]> {
  const { book } = await rules.getRules(db)
  const live = await listLiveDefinitions(db)
  const policy = await findPolicyInForce(db)
  return neededTraits(
    book,
    live.map(({ journey }) => journey),
    policy?.document.messages,
  )
}

/**
 * The quality of all people's data, test customers left out: counts and customer ids, no values.
 *
 * Cost: `docs/data-quality.md`. The store counts; what comes here does not grow with the customers.
 */
export async function reportDataQuality(deps: QualityDeps) {
  const { db, now } = deps
  const needed = await traitsNeeded(deps)
  const { customers, having } = await countTraits(
    db,
    needed.map(({ trait }) => trait),
  )
  return {
    asOf: new Date(now()),
    customers,
    completeness: needed.map(({ trait, by }) => ({ trait, by, having: having[trait] ?? 0 })),
    findings: await countFindings(db),
    freshness: await countFreshness(db, now()),
    reachability: await countReach(db),
    duplicates: await countDuplicates(db),
  }
}

import type { Transaction } from 'kysely'
import { putVersionInForce } from '../db/rule-book-in-force.ts'
import { insertRuleVersion, type RuleVersion } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import type { CheckedRules } from '../domain/rule-documents.ts'
import type { RulesBeside } from '../domain/simulation.ts'
import { compileRules } from './compile-rules.ts'

/**
 * Stores rules as the next version of their kind, by which ingest goes from the commit on. Answers what
 * changes for actors; null where they do not read it. The caller holds the rules.
 */
export async function insertNextRules(
  trx: Transaction<Database>,
  checked: CheckedRules,
  publication: RuleVersion,
): Promise<Partial<RulesBeside> | null> {
  const { kind, document } = checked
  await insertRuleVersion(trx, { kind, document, ...publication })
  await putVersionInForce(trx, kind, publication.version)
  return compileRules(trx, checked, publication.version)
}

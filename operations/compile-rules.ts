import type { Kysely } from 'kysely'
import { readThresholds } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { compileContactRules } from '../domain/contact/compile-policy.ts'
import { compileArbitration } from '../domain/decisioning/compile-arbitration.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import type { CheckedRules } from '../domain/rule-documents.ts'
import { contentHash } from './content-hash.ts'

/** A document as the rule book holds it, with what the population's newest statistics say. */
export async function compileRules(
  db: Kysely<Database>,
  checked: CheckedRules,
  version: number,
): Promise<Pick<RuleBook, 'contact' | 'arbitration'>> {
  if (checked.kind === 'arbitration') return { arbitration: compileArbitration(checked.document) }
  const rules = compileContactRules(checked.document, {
    version,
    thresholds: await readThresholds(db),
  })
  return { contact: { ...rules, hash: contentHash(rules) } }
}

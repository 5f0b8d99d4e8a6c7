import type { Kysely } from 'kysely'
import { readThresholds } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { compileLifecycle } from '../domain/customers/compile-lifecycle.ts'
import { compileContactRules } from '../domain/contact/compile-policy.ts'
import { compileArbitration } from '../domain/decisioning/compile-arbitration.ts'
import { formulasOf } from '../domain/facts/fact-rules.ts'
import type { CheckedRules } from '../domain/rule-documents.ts'
import type { RulesBeside } from '../domain/simulation.ts'
import { contentHash } from './content-hash.ts'

/** A document as the rule book holds it, with what the population's newest statistics say; null for one that no actor reads. */
export async function compileRules(
  db: Kysely<Database>,
  checked: CheckedRules,
  version: number,
): Promise<Partial<RulesBeside> | null> {
  switch (checked.kind) {
    case 'identity':
    case 'tracking-plan':
    case 'retention':
    case 'case-rules':
      return null
    case 'fact-rules':
      return { facts: formulasOf(checked.document) }
    case 'arbitration':
      return { arbitration: compileArbitration(checked.document) }
    case 'lifecycle':
      return { lifecycle: compileLifecycle(checked.document, version) }
    case 'contact-policy': {
      const thresholds = await readThresholds(db)
      const rules = compileContactRules(checked.document, { version, thresholds })
      return { contact: { ...rules, hash: contentHash(rules) } }
    }
  }
}

import { storedReads, type AudienceReads } from '../audiences/audience-reads.ts'
import { memberScope, type PossibleMember, type ScopeTerms } from '../audiences/membership.ts'
import { evaluateExpression } from '../conditions.ts'
import type { LifecycleRules } from '../customers/lifecycle-rules.ts'
import type { JsonValue } from '../json.ts'
import { formulasIn, type FactRule } from './fact-rules.ts'

/** A published fact of one customer, for people. */
export interface KnownFact {
  readonly title: string
  readonly value: JsonValue
  readonly source: string
}

type FactRulesByName = Readonly<Record<string, FactRule>>

/** What of a customer must be read for all of these facts. */
export const factReads = (facts: FactRulesByName, lifecycle: LifecycleRules): AudienceReads =>
  storedReads(Object.values(formulasIn(facts)), lifecycle)

/** These facts of a customer, by name, judged on what is stored as audiences are; those that its data do not allow are left out. */
export function knownFacts(
  member: PossibleMember,
  facts: FactRulesByName,
  terms: Omit<ScopeTerms, 'facts'>,
): Record<string, KnownFact> {
  const scope = memberScope(member, { ...terms, facts: formulasIn(facts) })
  return Object.fromEntries(
    Object.entries(facts).flatMap(([name, { title = name, formula, source }]) => {
      const result = evaluateExpression(formula, scope)
      return result.ok ? [[name, { title, value: result.value, source }]] : []
    }),
  )
}

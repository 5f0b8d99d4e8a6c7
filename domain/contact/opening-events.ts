import { excludedScope } from './exclusion-opening.ts'
import type { ExclusionRule } from './policy.ts'
import { isMeant, type Scoped } from './scope.ts'

/** What may open an exclusion that keeps a message back, judged by names alone. */
export interface OpeningEvents {
  readonly names: readonly string[]
  /** Whatever tells something new about the customer: a rule holds as long as a condition does. */
  readonly anyFact: boolean
}

/** Events that, once an actor has heard them, may keep this message back. */
export function openingEvents(rules: readonly ExclusionRule[], message: Scoped): OpeningEvents {
  const meant = rules.filter(
    ({ scope, blocks }) => blocks === undefined && isMeant(excludedScope(scope), message),
  )
  return {
    names: [...new Set(meant.flatMap(({ open = [] }) => open.map(({ event }) => event)))],
    anyFact: meant.some((rule) => rule.while !== undefined),
  }
}

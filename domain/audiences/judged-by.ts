import { conditionReads } from '../conditions.ts'
import { formulasReached } from '../facts/fact-reads.ts'
import type { MembershipTerms } from './membership.ts'

/**
 * All that is published and that the answer for a customer goes by: the condition, the formulas that it
 * reaches, and of the lifecycle rules what moves that which it names. Where the content is the same, who
 * belongs to the audience has not changed by publishing. What only says how rules are brought to actors is
 * not among it.
 */
export function judgedBy({
  when,
  facts,
  lifecycle,
}: Pick<MembershipTerms, 'when' | 'facts' | 'lifecycle'>): object {
  const formulas = formulasReached(conditionReads(when).facts, facts)
  const reads = [when, ...Object.values(formulas)].map(conditionReads)
  const {
    version: _,
    triggersEntries: __,
    hibernateAfter: ___,
    currency: ____,
    ...states
  } = lifecycle
  return {
    when,
    formulas,
    ...(reads.some(({ usesLifecycle }) => usesLifecycle) ? { lifecycle: states } : {}),
    ...(reads.some(({ usesValue }) => usesValue) ? { purchase: lifecycle.purchase } : {}),
  }
}

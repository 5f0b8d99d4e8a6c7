import { conditionReads, type DidRead } from '../conditions.ts'
import type { LifecycleRules } from '../customers/lifecycle-rules.ts'
import { withFormulas } from '../facts/fact-reads.ts'
import type { Formulas } from '../facts/fact-rules.ts'
import { RETURN_EVENT } from '../customers/returned.ts'

/** What of each customer an audience needs from the store. */
export interface AudienceReads {
  /** Events that are counted. */
  readonly names: readonly string[]
  /** Events and properties of which every value is wanted: the worth of a purchase first. */
  readonly worth: readonly { readonly event: string; readonly value: string }[]
  readonly did: readonly DidRead[]
  /** Whether it must be known which channels lead to them. */
  readonly usesReachable: boolean
}

/** Read off the condition and the formulas that it reaches; what the lifecycle and the value go by is always among it. */
export function audienceReads(
  when: string,
  rules: LifecycleRules,
  formulas: Formulas,
): AudienceReads {
  return storedReads(withFormulas(when, formulas), rules)
}

/** The same of several conditions at once, which reach no others. */
export function storedReads(conditions: readonly string[], rules: LifecycleRules): AudienceReads {
  const reads = conditions.map(conditionReads)
  const { purchase, engagement, registration } = rules
  const counted = reads.flatMap(({ events }) => events.map(({ name }) => name))
  return {
    names: [...new Set([...counted, purchase.event, ...engagement, ...registration])],
    worth: [
      { event: purchase.event, value: purchase.value },
      ...(reads.some(({ usesReturned }) => usesReturned) ? RETURN_PROPERTIES : []),
    ],
    did: reads.flatMap(({ did }) => did),
    usesReachable: reads.some(({ usesReachable }) => usesReachable),
  }
}

const RETURN_PROPERTIES = ['order_id', 'products'].map((value) => ({ event: RETURN_EVENT, value }))

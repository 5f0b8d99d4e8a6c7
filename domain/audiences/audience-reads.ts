import { conditionReads, type DidRead } from '../conditions.ts'
import type { LifecycleRules } from '../customers/lifecycle-rules.ts'
import { RETURN_EVENT } from '../customers/returned.ts'

/** What of each customer an audience needs from the store. */
export interface AudienceReads {
  /** Events that are counted. */
  readonly names: readonly string[]
  /** Events and properties of which every value is wanted: the worth of a purchase first. */
  readonly worth: readonly { readonly event: string; readonly value: string }[]
  readonly did: readonly DidRead[]
}

/** Read off the condition; what the lifecycle and the value go by is always among it. */
export function audienceReads(when: string, rules: LifecycleRules): AudienceReads {
  const { events, did, usesReturned } = conditionReads(when)
  const { purchase, engagement, registration } = rules
  const counted = events.map(({ name }) => name)
  return {
    names: [...new Set([...counted, purchase.event, ...engagement, ...registration])],
    worth: [
      { event: purchase.event, value: purchase.value },
      ...(usesReturned ? RETURN_PROPERTIES : []),
    ],
    did,
  }
}

const RETURN_PROPERTIES = ['order_id', 'products'].map((value) => ({ event: RETURN_EVENT, value }))

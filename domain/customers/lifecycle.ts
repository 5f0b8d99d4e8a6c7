import type { LifecycleState } from '../journeys/journey.ts'
import { milestonesOf, nextChange, stateAt } from './lifecycle-milestones.ts'
import type { LifecycleFacts } from './lifecycle-milestones.ts'
import { lifecycleReason } from './lifecycle-reason.ts'
import { stateSince } from './lifecycle-since.ts'

export interface LifecycleVerdict {
  readonly state: LifecycleState
  /** When the state began. Absent where the instants that are kept cannot tell: keep what was noted, else now. */
  readonly sinceMs?: number
  /** A sentence for people. */
  readonly reason: string
  /** When the state changes if nothing happens. */
  readonly nextAtMs: number | null
}

/**
 * A customer's place in the lifecycle: exactly one of nine states, why, since when and until when.
 *
 * A function of facts and now, and of nothing else: no earlier verdict goes in, so the same events give the
 * same answer in any order of arrival. Between two events it only ever moves down one line, `hero` →
 * `repeater` → `occasional` or `new` → `prospect`, then → `waiting` → `at_risk` → `lost`, and never back; what
 * lifts it is an event, or becoming known.
 *
 * `docs/lifecycle.md` says what each state means.
 *
 * Cost: a few µs for counters of `INSTANTS_MAX` instants.
 */
export function lifecycleAt(facts: LifecycleFacts, nowMs: number): LifecycleVerdict {
  const milestones = milestonesOf(facts)
  const state = stateAt(milestones, nowMs)
  const sinceMs = stateSince(state, facts, milestones)
  return {
    state,
    ...(sinceMs === undefined ? {} : { sinceMs }),
    reason: lifecycleReason(state, facts, milestones, nowMs),
    nextAtMs: nextChange(milestones, nowMs),
  }
}

import type { IsoDuration } from '../journeys/values.ts'
import { durationMs } from '../time.ts'
import { mayDeleteCounted } from './counted-events.ts'
import type { RetentionRules } from './retention-rules.ts'

/** How long events are kept, and the place of the rule that says so. */
export interface EventTerm {
  readonly rule: number
  /** Null: as long as the customer. */
  readonly keepForMs: number | null
}

/** Retention rules as they are carried out. */
export interface RetentionPlan {
  /** By name of the event. */
  readonly named: Readonly<Record<string, EventTerm>>
  /** For all other events; null: kept. */
  readonly others: EventTerm | null
  readonly mailsMs: number | null
  readonly timelineMs: number | null
  readonly agentTasksMs: number | null
  readonly onsiteMs: number | null
  /** Events that a rule would delete, were they not counted meanwhile. In the order of the alphabet. */
  readonly heldBack: readonly string[]
}

/**
 * What the rules delete while these events are counted. An event that a journey has begun to count since
 * the rules were published is held back, as if they were published now without its rule.
 */
export function planRetention(
  { rules = [], mails, timeline, agentTasks, onsite }: RetentionRules,
  counted: ReadonlySet<string>,
): RetentionPlan {
  const named = new Map<string, EventTerm>()
  const heldBack: string[] = []
  let others: EventTerm | null = null
  for (const [index, rule] of rules.entries()) {
    const keepForMs = durationMs(rule.keepFor)
    const isHeld = (name: string): boolean => counted.has(name) && !mayDeleteCounted(rule)
    // What is counted gets a term of its own, where a rule for all the others would delete it.
    for (const name of rule.events === '*' ? [...counted].filter(isHeld) : rule.events) {
      if (named.has(name) || others !== null) continue
      if (isHeld(name)) heldBack.push(name)
      named.set(name, { rule: index, keepForMs: isHeld(name) ? null : keepForMs })
    }
    if (rule.events === '*') others ??= { rule: index, keepForMs }
  }
  return {
    named: Object.fromEntries(named),
    others,
    mailsMs: termOf(mails),
    timelineMs: termOf(timeline),
    agentTasksMs: termOf(agentTasks),
    onsiteMs: termOf(onsite),
    heldBack: heldBack.toSorted(),
  }
}

const termOf = (kept: { readonly keepFor: IsoDuration } | undefined): number | null =>
  kept === undefined ? null : durationMs(kept.keepFor)

/** Whether there is anything that the rules could ever delete. */
export const deletesAnything = ({ rules = [], ...parts }: RetentionRules): boolean =>
  rules.length > 0 ||
  [parts.mails, parts.timeline, parts.agentTasks, parts.onsite].some((part) => part !== undefined)

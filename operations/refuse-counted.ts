import type { Finding } from '../domain/errors.ts'
import type { RuleBook } from '../domain/journeys/rule-book.ts'
import { child } from '../domain/json-pointer.ts'
import type { RetentionRules } from '../domain/retention/retention-rules.ts'
import { durationMs } from '../domain/time.ts'

/** Rules that count look back a year at most by habit; the book does not say how far they do. */
const COUNTED_KEPT_MIN = 'P400D'

/**
 * What speaks against retention rules while this book is in force: a count is always over stored events,
 * so deleting those that rules count, or that are purchases, makes a later load see less.
 */
export function countedFindings(
  { rules = [] }: RetentionRules,
  { events, lifecycle }: Pick<RuleBook, 'events' | 'lifecycle'>,
): Finding[] {
  const counted = new Set([
    ...Object.keys(events).filter((name) => events[name]?.counted === true),
    lifecycle.purchase.event,
  ])
  return rules.flatMap((rule, index): Finding[] => {
    const names = rule.events === '*' ? [...counted] : rule.events
    const meant = names.filter((name) => counted.delete(name))
    if (rule.evenIfCounted === true || durationMs(rule.keepFor) >= durationMs(COUNTED_KEPT_MIN))
      return []
    return meant.map((name) => ({
      code: 'counted_event',
      path: `${child('/rules', index)}/keepFor`,
      message: `Rules in force count "${name}", and would see less of it; keep it for ${COUNTED_KEPT_MIN} or longer, or write "evenIfCounted": true.`,
      severity: 'error',
    }))
  })
}

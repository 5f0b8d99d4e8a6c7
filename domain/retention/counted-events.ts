import type { Audience } from '../audiences/audience.ts'
import { conditionReads } from '../conditions.ts'
import type { Finding } from '../errors.ts'
import { withFormulas } from '../facts/fact-reads.ts'
import type { Formulas } from '../facts/fact-rules.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import { child } from '../json-pointer.ts'
import { durationMs } from '../time.ts'
import type { RetentionRule, RetentionRules } from './retention-rules.ts'

/** Rules that count look back a year at most by habit; the book does not say how far they do. */
const COUNTED_KEPT_MIN = 'P400D'

/**
 * Events that rules in force count, or that are purchases: deleting one makes a later load see less. So
 * it does for audiences that look for them.
 */
export function countedEvents(
  { events, lifecycle }: Pick<RuleBook, 'events' | 'lifecycle'>,
  audiences: readonly Pick<Audience, 'when'>[],
  formulas: Formulas,
): ReadonlySet<string> {
  return new Set([
    ...Object.keys(events).filter((name) => events[name]?.counted === true),
    lifecycle.purchase.event,
    ...audiences.flatMap(({ when }) => withFormulas(when, formulas).flatMap(eventsIn)),
  ])
}

function eventsIn(when: string): string[] {
  const { events, did } = conditionReads(when)
  return [...events.map(({ name }) => name), ...did.map(({ event }) => event)]
}

/** Whether a rule may delete what is counted: because it keeps it for long enough, or says so. */
export const mayDeleteCounted = ({ keepFor, evenIfCounted = false }: RetentionRule): boolean =>
  evenIfCounted || durationMs(keepFor) >= durationMs(COUNTED_KEPT_MIN)

/** What speaks against retention rules while these events are counted. */
export function countedFindings(
  { rules = [] }: RetentionRules,
  counted: ReadonlySet<string>,
): Finding[] {
  const left = new Set(counted)
  return rules.flatMap((rule, index): Finding[] => {
    const names = rule.events === '*' ? [...left] : rule.events
    const meant = names.filter((name) => left.delete(name))
    if (mayDeleteCounted(rule)) return []
    return meant.map((name) => ({
      code: 'counted_event',
      path: `${child('/rules', index)}/keepFor`,
      message: `Rules in force count "${name}", and would see less of it; keep it for ${COUNTED_KEPT_MIN} or longer, or write "evenIfCounted": true.`,
      severity: 'error',
    }))
  })
}

import type { ContextRule } from '../decisioning/arbitration-rules.ts'
import type { Candidate } from '../decisioning/arbitration.ts'
import type { Factors } from '../decisioning/score.ts'
import { holds, scopeOf, type Turn } from './turn.ts'

/** A rule of the arbitration rules whose condition holds for the customer now. */
export type FactorRule = ContextRule

/** Where failures of its conditions are counted: no journey, and no version of one. */
const PLACE = { journey: 'arbitration', version: 0 } as const

/** What multiplies the worth of journeys for this customer now. Conditions see the customer and `now`. */
export function factorsNow(turn: Turn, atMs: number): readonly FactorRule[] {
  const { context = [] } = turn.rules.book?.arbitration ?? {}
  if (context.length === 0) return []
  const scope = scopeOf(turn, atMs, null, null)
  return context.filter(({ when }, index) =>
    holds(turn, when, { ...PLACE, path: `/context/${index}/when` }, scope),
  )
}

/** Of these, what concerns one journey. Absent: nothing, and always for one that is ranked by hand. */
export function contextOf(
  rules: readonly FactorRule[],
  {
    journey,
    class: messageClass,
    arbitration,
  }: Pick<Candidate, 'journey' | 'class' | 'arbitration'>,
): { context?: Factors } {
  if (arbitration.mode === 'manual') return {}
  const own = rules.filter(
    ({ journeys, classes }) =>
      journeys?.includes(journey) !== false && classes?.includes(messageClass) !== false,
  )
  if (own.length === 0) return {}
  return { context: Object.fromEntries(own.map(({ name, multiply }) => [name, multiply])) }
}

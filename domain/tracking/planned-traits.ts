import type { CleanedTraits } from '../customers/clean-traits.ts'
import type { JsonObject } from '../json.ts'
import type { CompiledPlan } from './compile-tracking-plan.ts'

/** The problem of a value that its trait's schema does not allow. */
export const NOT_AS_PLANNED = 'not_as_planned'

/**
 * Sets aside, of traits that were cleaned, what a tracking plan does not allow. A value that it allows
 * settles what was held against its trait before, and so does taking the trait away.
 *
 * @param said what the traits were before they were cleaned
 */
export function planTraits(
  said: JsonObject,
  { kept, findings, settled }: CleanedTraits,
  judgeTrait: NonNullable<CompiledPlan['judgeTrait']>,
): CleanedTraits {
  const planned = new Map(Object.entries(kept))
  const bad = new Set<string>()
  const good = new Set(settled)
  for (const [name, value] of planned) {
    const { isDeclared, violations } = judgeTrait(name, value)
    if (!isDeclared) continue
    if (value === null || violations.length === 0) good.add(name)
    else bad.add(name)
  }
  for (const name of bad) {
    planned.delete(name)
    good.delete(name)
  }
  const setAside = [...bad].map((trait) => ({
    trait,
    kind: 'setAside' as const,
    problem: NOT_AS_PLANNED,
    value: said[trait] ?? null,
    suggestion: null,
  }))
  return {
    kept: bad.size === 0 ? kept : Object.fromEntries(planned),
    // What is not taken is not flagged as well.
    findings: [...findings.filter(({ trait }) => !bad.has(trait)), ...setAside],
    settled: [...good],
  }
}

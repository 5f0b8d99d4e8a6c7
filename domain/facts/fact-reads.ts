import { conditionReads } from '../conditions.ts'
import { own } from '../own.ts'
import type { Formulas } from './fact-rules.ts'

/** Formulas of these facts and of all that they call, by name, sorted. Names that there are not are left out. */
export function formulasReached(names: Iterable<string>, formulas: Formulas): Formulas {
  const reached = new Map<string, string>()
  const left = [...names]
  for (let name = left.pop(); name !== undefined; name = left.pop()) {
    const formula = own(formulas, name)
    if (formula === undefined || reached.has(name)) continue
    reached.set(name, formula)
    left.push(...conditionReads(formula).facts)
  }
  return Object.fromEntries([...reached].toSorted(([a], [b]) => (a < b ? -1 : 1)))
}

/** The condition and the formulas that it reaches: what they read together is what it needs. */
export const withFormulas = (source: string, formulas: Formulas): string[] => [
  source,
  ...Object.values(formulasReached(conditionReads(source).facts, formulas)),
]

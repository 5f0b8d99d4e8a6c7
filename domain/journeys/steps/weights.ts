import { DefinitionError } from '../../errors.ts'

/** Weights are percentages; this much is lost to writing thirds. */
const TOLERANCE = 0.01

/** What is wrong with weights that ought to sum to 100; null when they do. */
export function weightProblem(weights: readonly number[]): string | null {
  const sum = weights.reduce((total, weight) => total + weight, 0)
  return Math.abs(sum - 100) <= TOLERANCE
    ? null
    : `The weights sum to ${Math.round(sum * 100) / 100}, and must sum to 100: they are percentages.`
}

/**
 * The one among weighted choices that a fraction falls on.
 *
 * Shape: `fraction` in [0, 1); weights of any sum above 0.
 *
 * @throws {DefinitionError} where there is nothing to choose
 */
export function pickByWeight<T extends { readonly weight: number }>(
  choices: readonly T[],
  fraction: number,
): T {
  const weighted = choices.filter(({ weight }) => weight > 0)
  const total = weighted.reduce((sum, { weight }) => sum + weight, 0)
  let left = fraction * total
  for (const choice of weighted) {
    left -= choice.weight
    if (left < 0) return choice
  }
  const last = weighted.at(-1)
  if (last === undefined) throw new DefinitionError('There is nothing to choose from')
  return last
}

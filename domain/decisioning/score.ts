import type { Arbitration } from '../journeys/journey.ts'
import { DEFAULT_ARBITRATION, type ArbitrationSettings } from './arbitration-rules.ts'
import type { Score } from './arbitration.ts'

/** What lifts every journey that is ranked by hand above all that are chosen by worth. */
const MANUAL_WORTH = 1e9

/** What multiplies, by the name of its rule. */
export type Factors = Readonly<Record<string, number>>

/**
 * Expected worth of an auto journey, in parts: propensity × context × value × lever. Null for a
 * manual one. Factors are multiplied in the order of their names, so that a request that was stored
 * and read again gives the same number to the last bit.
 */
export function scoreOf(
  arbitration: Arbitration,
  factors: Factors = {},
  settings: ArbitrationSettings = DEFAULT_ARBITRATION,
): Score | null {
  if (arbitration.mode === 'manual') return null
  const { value, lever = 1, propensity = settings.propensity } = arbitration
  const names = Object.keys(factors).toSorted()
  const context = names.reduce((product, name) => product * (factors[name] ?? 1), 1)
  return {
    propensity,
    context,
    value,
    lever,
    total: propensity * context * value * lever,
    ...(names.length === 0 ? {} : { factors }),
  }
}

/** What a run is worth where only some can be kept, or served: its score, and above all scores its rank. */
export function worthOf(arbitration: Arbitration, score: Score | null): number {
  if (arbitration.mode === 'manual') return MANUAL_WORTH + arbitration.rank
  return (score ?? scoreOf(arbitration))?.total ?? 0
}

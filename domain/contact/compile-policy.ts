import { compileExclusions, type Thresholds } from './compile-exclusions.ts'
import type { ContactPolicy, ContactRules } from './policy.ts'

/**
 * A policy as actors and sends hold it: presets written out, what the population makes too many
 * filled in, no texts.
 */
export function compileContactRules(
  policy: ContactPolicy,
  { version, thresholds }: { readonly version: number; readonly thresholds: Thresholds },
): Omit<ContactRules, 'hash'> {
  const {
    zone,
    caps = [],
    fatigue = [],
    quietHours = [],
    sendWindows = [],
    groups = [],
    matrix = [],
    exclusions,
    capacities = {},
  } = policy
  return {
    version,
    ...(zone === undefined ? {} : { zone }),
    caps,
    // Left out where there is none: the rules of those who publish none stay what they were.
    ...(fatigue.length === 0 ? {} : { fatigue }),
    quietHours,
    sendWindows,
    groups,
    matrix,
    exclusions: compileExclusions(exclusions, thresholds),
    capacities,
  }
}

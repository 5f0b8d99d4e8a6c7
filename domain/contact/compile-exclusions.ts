import { ruleOf } from './presets.ts'
import type { ContactPolicy, ExclusionRule } from './policy.ts'

/** The newest threshold of each rule that compares with the population, by the rule's name. */
export type Thresholds = Readonly<Record<string, number>>

/**
 * Exclusion rules as actors and sends hold them: presets written out, and beside every `deviations` the
 * number that it comes to now. Without statistics there is none, and nothing is opened.
 */
export function compileExclusions(
  written: ContactPolicy['exclusions'],
  thresholds: Thresholds,
): ExclusionRule[] {
  return (written ?? []).map((each) => withThreshold(ruleOf(each), thresholds))
}

function withThreshold(rule: ExclusionRule, thresholds: Thresholds): ExclusionRule {
  if (rule.beyond?.deviations === undefined) return rule
  const { max: _, ...beyond } = rule.beyond
  // Events are whole: more than 6.3 of them are more than 6.
  const max = Object.hasOwn(thresholds, rule.name) ? thresholds[rule.name] : undefined
  return { ...rule, beyond: max === undefined ? beyond : { ...beyond, max: Math.floor(max) } }
}

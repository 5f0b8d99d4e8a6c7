import type { ContactRules, ExclusionRule } from '../../domain/contact/policy.ts'

/** A contact policy that holds these exclusion rules and nothing else. */
export const contactOf = (...exclusions: readonly ExclusionRule[]): ContactRules => ({
  hash: `exclusions: ${exclusions.map(({ name }) => name).join(', ')}`,
  version: 1,
  caps: [],
  quietHours: [],
  sendWindows: [],
  groups: [],
  matrix: [],
  exclusions,
  capacities: {},
})

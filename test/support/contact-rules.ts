import type { ContactRules } from '../../domain/contact/policy.ts'

/** A contact policy that forbids nothing but what `parts` say. */
export const contactRules = (parts: Partial<ContactRules> = {}): ContactRules => ({
  hash: 'policy-1',
  version: 1,
  caps: [],
  quietHours: [],
  sendWindows: [],
  groups: [],
  matrix: [],
  exclusions: [],
  capacities: {},
  ...parts,
})

import type { ContactRules } from '../../../domain/contact/policy.ts'
import type { BookVersion } from '../../../domain/journeys/compile-rule-book.ts'
import type { Journey } from '../../../domain/journeys/journey.ts'

/** A policy as a book holds it, of these parts alone. */
export const contactRules = (parts: Partial<ContactRules>): ContactRules => ({
  hash: JSON.stringify(parts),
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

export const versionsOf = (journeys: readonly Journey[]): BookVersion[] =>
  journeys.map((each) => ({ journey: each, version: 1, hash: each.key, live: true }))

import type { BookVersion } from '../../../domain/journeys/compile-rule-book.ts'
import type { Journey } from '../../../domain/journeys/journey.ts'

/** Each journey as its first version, live. */
export const versionsOf = (journeys: readonly Journey[]): BookVersion[] =>
  journeys.map((each) => ({ journey: each, version: 1, hash: each.key, live: true }))

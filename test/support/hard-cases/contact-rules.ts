import type { ContactRules } from '../../../domain/contact/policy.ts'
import type { BookVersion } from '../../../domain/journeys/compile-rule-book.ts'
import type { Journey } from '../../../domain/journeys/journey.ts'
import { contactRules as rulesOf } from '../contact-rules.ts'

/** A policy as a book holds it, of these parts alone. */
export const contactRules = (parts: Partial<ContactRules>): ContactRules =>
  rulesOf({ hash: JSON.stringify(parts), ...parts })

export const versionsOf = (journeys: readonly Journey[]): BookVersion[] =>
  journeys.map((each) => ({ journey: each, version: 1, hash: each.key, live: true }))

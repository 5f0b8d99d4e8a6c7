import type { EntryRule } from '../journeys/journey.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import { startsAnew } from './answer.ts'
import type { Candidate } from './arbitration.ts'

/** What of the version that takes new entries counts in a decision. */
export type LiveTerms = Pick<EntryRule, 'version' | 'hash' | 'class' | 'lane' | 'arbitration'>

/** A candidate as it would begin: in the live version of its journey, or barred where there is none. */
export function inLiveVersion(candidate: Candidate, live: LiveTerms | undefined): Candidate {
  if (!startsAnew(candidate)) return candidate
  if (live === undefined) {
    const reason = `Version ${candidate.version} takes no new entries.`
    return { ...candidate, barred: { gate: 'live', reason } }
  }
  const { lane: _lane, ...rest } = candidate
  return { ...rest, ...termsOf(live) }
}

/** The version that takes new entries, of every journey that has one, by key. */
export function liveTermsOf(
  book: RuleBook,
  entryRules: Readonly<Record<string, readonly EntryRule[]>>,
): Record<string, LiveTerms> {
  const { lifecycleEntries, dateEntries = [], endEntries = [] } = book
  const rules = [
    ...Object.values(entryRules).flat(),
    ...lifecycleEntries,
    ...dateEntries,
    ...endEntries,
  ]
  return Object.fromEntries(rules.map((rule) => [rule.journey, termsOf(rule)]))
}

const termsOf = ({
  version,
  hash,
  class: messageClass,
  lane,
  arbitration,
}: LiveTerms): LiveTerms => ({
  version,
  hash,
  class: messageClass,
  ...(lane === undefined ? {} : { lane }),
  arbitration,
})

import { conditionReads } from '../conditions.ts'
import type { ContactRules } from '../contact/policy.ts'
import { policyReads } from '../contact/policy-reads.ts'
import type { Finding } from '../errors.ts'
import { partsOf } from '../journeys/journey-parts.ts'
import { readsOf } from '../journeys/journey-reads.ts'
import type { Journey } from '../journeys/journey.ts'
import type { BookArbitration } from '../journeys/rule-book.ts'
import { nearestName } from '../nearest-name.ts'
import type { Formulas } from './fact-rules.ts'

/** All that is in force and could name a fact. */
export interface RulesThatAsk {
  readonly journeys: readonly { readonly journey: Journey }[]
  readonly contact?: ContactRules | undefined
  readonly arbitration?: BookArbitration | undefined
  readonly audiences: readonly { readonly key: string; readonly when: string }[]
}

/** Facts that rules in force ask for and that would not be there: what speaks against a publication. */
export function missingFacts(rules: RulesThatAsk, formulas: Formulas): Finding[] {
  const { journeys, contact, arbitration, audiences } = rules
  const conditions = (arbitration?.context ?? []).map(({ when }) => when)
  const policy = contact === undefined ? [] : policyReads(contact)
  const asking: [who: string, names: Iterable<string>][] = [
    ...journeys.map(({ journey }): [string, Iterable<string>] => [
      `The journey "${journey.key}"`,
      readsOf(partsOf(journey)).facts,
    ]),
    ...audiences.map(({ key, when }): [string, Iterable<string>] => [
      `The audience "${key}"`,
      conditionReads(when).facts,
    ]),
    ['The contact policy', policy.flatMap(({ facts }) => [...facts])],
    ['Arbitration', conditions.flatMap((when) => conditionReads(when).facts)],
  ]
  return asking.flatMap(([who, names]) =>
    [...new Set(names)]
      .filter((name) => !Object.hasOwn(formulas, name))
      .map((name) => missing(who, name, formulas)),
  )
}

function missing(who: string, name: string, formulas: Formulas): Finding {
  const nearest = nearestName(name, Object.keys(formulas))
  const advice = nearest === null ? 'publish it first.' : `do you mean "${nearest}"?`
  return {
    code: 'unknown_fact',
    path: '',
    message: `${who} asks for the fact "${name}", and no fact of that name is published; ${advice}`,
    severity: 'error',
  }
}

import { checkCondition, conditionReads } from '../conditions.ts'
import { ALWAYS_ASKED } from '../customers/fact-change.ts'
import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import { own } from '../own.ts'
import type { Offer } from './offers.ts'

/** What is wrong with offers that somebody asks about: two of one id, conditions that cannot be judged. */
export function offerFindings(offers: readonly Offer[], book: RuleBook): Finding[] {
  return offers.flatMap(({ id, when }, index): Finding[] => {
    const place = child('/offers', index)
    const isTwin = offers.findIndex((other) => other.id === id) < index
    return [
      ...(isTwin
        ? [error('doubled_offer', child(place, 'id'), `Another offer has the id "${id}" too.`)]
        : []),
      ...(when === undefined ? [] : conditionFindings(when, child(place, 'when'), book)),
    ]
  })
}

function conditionFindings(when: string, path: string, book: RuleBook): Finding[] {
  const problems = checkCondition(when, { event: false, entry: false, result: 'bool' })
  if (problems.length > 0) return problems.map(({ code, message }) => error(code, path, message))
  const { traits, presence, events, facts } = conditionReads(when)
  // Actors keep what published rules name and nothing else: of anything else they would say "no" to everybody.
  return [
    ...missing(traits, (name) => own(book.traits, name) !== undefined).map((name) =>
      notKept(path, `the value of the trait "${name}"`),
    ),
    ...missing(
      presence,
      (name) => own(book.presence, name) !== undefined || ALWAYS_ASKED.includes(name),
    ).map((name) => notKept(path, `whether there is a trait "${name}"`)),
    ...missing(
      events.map(({ name }) => name),
      (name) => own(book.events, name)?.counted === true,
    ).map((name) => notKept(path, `a count of "${name}"`)),
    ...missing(facts, (name) => own(book.facts ?? {}, name) !== undefined).map((name) =>
      notKept(path, `the fact "${name}"`),
    ),
  ]
}

const missing = (names: readonly string[], isKept: (name: string) => boolean): string[] =>
  [...new Set(names)].filter((name) => !isKept(name))

const notKept = (path: string, what: string): Finding =>
  error(
    'not_kept',
    path,
    `No published rule asks for ${what}, so it is not kept; name it in a journey first.`,
  )

const error = (code: string, path: string, message: string): Finding => ({
  code,
  path,
  message,
  severity: 'error',
})

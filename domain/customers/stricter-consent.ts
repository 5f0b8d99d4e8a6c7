import { canonicalJson } from '../canonical-json.ts'
import type { JsonObject } from '../json.ts'

/** What shows that a consent was given or withdrawn: a few words, or what a system noted. */
export type ConsentProof = string | JsonObject

/** One statement about one purpose on one channel. */
export interface ConsentStatement {
  readonly granted: boolean
  readonly atMs: number
  readonly source: string
  readonly proof: ConsentProof | null
  /** Of the wording that was agreed to; see `consent_texts`. */
  readonly textVersion: string | null
}

/** Purpose → channel → granted, as actors hold it. */
type Consents = Readonly<Record<string, Readonly<Record<string, boolean>>>>

/**
 * Which of two statements of one person is in force: the later one, in whatever order they arrive; of
 * two about the same instant the one that says no.
 */
export function laterConsent<Statement extends ConsentStatement>(
  a: Statement,
  b: Statement,
): Statement {
  return firstBy(a, b, later, stricter)
}

/**
 * Which of two statements is in force where nobody can say which of them is meant, as of two customers
 * who turn out to be one person: no, if either of them says so; else the later one.
 */
export function stricterConsent<Statement extends ConsentStatement>(
  a: Statement,
  b: Statement,
): Statement {
  return firstBy(a, b, stricter, later)
}

/** The same for all that two actors hold. What only one of them has on record is no conflict. */
export function stricterConsents(a: Consents, b: Consents): Consents {
  return united(a, b, (one, other) => united(one, other, (yes, alsoYes) => yes && alsoYes))
}

function united<T>(
  a: Readonly<Record<string, T>>,
  b: Readonly<Record<string, T>>,
  unite: (one: T, other: T) => T,
): Record<string, T> {
  const all = new Map(Object.entries(a))
  for (const [name, other] of Object.entries(b)) {
    const one = all.get(name)
    all.set(name, one === undefined ? other : unite(one, other))
  }
  return Object.fromEntries([...all].toSorted(([one], [other]) => (one < other ? -1 : 1)))
}

/** Below zero: `a` goes before `b`. */
type Order = (a: ConsentStatement, b: ConsentStatement) => number

const later: Order = (a, b) => b.atMs - a.atMs
const stricter: Order = (a, b) => Number(a.granted) - Number(b.granted)

function firstBy<Statement extends ConsentStatement>(
  a: Statement,
  b: Statement,
  ...orders: readonly Order[]
): Statement {
  for (const order of orders) {
    const difference = order(a, b)
    if (difference !== 0) return difference < 0 ? a : b
  }
  // Alike in all that counts: any rule will do that does not ask which of them came first.
  return canonicalJson(a) >= canonicalJson(b) ? a : b
}

import { durationMs } from '../time.ts'
import type { CaseSettings } from './case-rules.ts'
import { caseOf } from './case-state.ts'
import type { CaseStatement } from './case-statement.ts'

/** A case of one customer, as what was said about it. */
export interface KnownCase {
  readonly caseId: string
  readonly statements: readonly CaseStatement[]
}

/** Which case an event is about. */
export type CaseMatched =
  | { readonly caseId: string }
  /** A new one; `doubts`: it may be one of these as well, and nobody guesses. */
  | { readonly caseId: null; readonly doubts: readonly string[] }

/**
 * The case of this customer that a statement is about. What its source calls by the same name is the same;
 * else a case that shares one of the declared keys, unless its own source tells the two apart by name, or
 * the taxonomy does. Of several none is taken.
 */
export function matchCase(
  statement: CaseStatement,
  known: readonly KnownCase[],
  rules: CaseSettings,
): CaseMatched {
  const { ref, source } = statement
  const named = known.findLast(
    ({ statements }) =>
      ref !== null && statements.some((each) => each.source === source && each.ref === ref),
  )
  if (named !== undefined) return { caseId: named.caseId }
  const alike = known.filter((each) => isAlike(statement, each, rules))
  const [only, ...others] = alike
  if (only !== undefined && others.length === 0) return { caseId: only.caseId }
  if (alike.length > 0) return { caseId: null, doubts: alike.map(({ caseId }) => caseId) }
  // It goes on with something, and says with what neither by name nor by key.
  const saysNothing = ref === null && Object.keys(statement.keys).length === 0
  const goesOn = statement.action !== 'opened' && saysNothing
  const open = known.filter(({ statements }) => caseOf(statements, rules).status === 'open')
  return { caseId: null, doubts: goesOn ? open.map(({ caseId }) => caseId) : [] }
}

function isAlike(
  statement: CaseStatement,
  { statements }: KnownCase,
  rules: CaseSettings,
): boolean {
  const sharesKey = statements.some(({ keys }) =>
    Object.entries(keys).some(([key, value]) => statement.keys[key] === value),
  )
  if (!sharesKey) return false
  const { type, openedAtMs, lastAtMs } = caseOf(statements, rules)
  const withinMs = durationMs(rules.match.within)
  const isNear = statement.atMs <= lastAtMs + withinMs && statement.atMs >= openedAtMs - withinMs
  if (!isNear) return false
  const toldApart =
    statement.ref !== null &&
    statements.some(({ source, ref }) => source === statement.source && ref !== null)
  const own = caseOf([statement], rules).type
  const isOther = own !== null && type !== null && own !== type
  return !toldApart && !isOther
}

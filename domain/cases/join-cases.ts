import { durationMs } from '../time.ts'
import type { CaseSettings } from './case-rules.ts'
import { caseOf, type CaseState } from './case-state.ts'
import type { KnownCase } from './match-case.ts'

/** Two cases that are one: the older goes on with all that was said about both. */
export interface JoinedCase {
  readonly goesOn: string
  readonly ends: string
  /** Where it stands now. */
  readonly state: CaseState
}

export interface JoinedCases {
  readonly joined: readonly JoinedCase[]
  /** Of cases of the second customer: which of the first they may be as well. Nobody guesses. */
  readonly doubts: ReadonlyMap<string, readonly string[]>
}

interface OpenCase extends KnownCase {
  readonly state: CaseState
}

/**
 * Which open cases of two customers who turned out to be one are one matter, by the rule by which an event
 * finds its case: a name that one source gave to both, else a declared key that both share, unless a
 * source tells them apart by name, or the taxonomy does. Of several none is taken.
 */
export function joinCases(
  mine: readonly KnownCase[],
  theirs: readonly KnownCase[],
  rules: CaseSettings,
): JoinedCases {
  const [ours, others] = [openOf(mine, rules), openOf(theirs, rules)]
  const candidatesOf = (one: OpenCase, among: readonly OpenCase[]): OpenCase[] => {
    const named = among.filter((each) => isNamedAlike(one, each))
    return named.length > 0 ? named : among.filter((each) => isAlike(one, each, rules))
  }
  const joined: JoinedCase[] = []
  const doubts = new Map<string, readonly string[]>()
  for (const other of others) {
    const candidates = candidatesOf(other, ours)
    const [only] = candidates
    if (only === undefined) continue
    // One that is meant by several is as doubtful as several that are meant.
    const isCertain =
      candidates.length === 1 && candidatesOf(only, others).every((each) => each === other)
    if (isCertain) joined.push(joinTwo(only, other, rules))
    else
      doubts.set(
        other.caseId,
        candidates.map(({ caseId }) => caseId),
      )
  }
  return { joined, doubts }
}

const openOf = (cases: readonly KnownCase[], rules: CaseSettings): OpenCase[] =>
  cases
    .map((each) => ({ ...each, state: caseOf(each.statements, rules) }))
    .filter(({ state }) => state.status === 'open')

function joinTwo(one: OpenCase, other: OpenCase, rules: CaseSettings): JoinedCase {
  const isOlder =
    one.state.openedAtMs - other.state.openedAtMs || (one.caseId < other.caseId ? -1 : 1)
  const [older, younger] = isOlder < 0 ? [one, other] : [other, one]
  const state = caseOf([...one.statements, ...other.statements], rules)
  return { goesOn: older.caseId, ends: younger.caseId, state }
}

const isNamedAlike = (one: KnownCase, other: KnownCase): boolean =>
  one.statements.some(
    ({ source, ref }) =>
      ref !== null && other.statements.some((each) => each.source === source && each.ref === ref),
  )

function isAlike(one: OpenCase, other: OpenCase, rules: CaseSettings): boolean {
  const { keys, within } = rules.match
  const sharesKey = one.statements.some((said) =>
    other.statements.some((each) =>
      keys.some((key) => said.keys[key] !== undefined && said.keys[key] === each.keys[key]),
    ),
  )
  if (!sharesKey) return false
  const withinMs = durationMs(within)
  const isNear =
    one.state.openedAtMs <= other.state.lastAtMs + withinMs &&
    other.state.openedAtMs <= one.state.lastAtMs + withinMs
  const namers = new Set(sourcesThatName(one))
  const toldApart = sourcesThatName(other).some((source) => namers.has(source))
  const [type, otherType] = [one.state.type, other.state.type]
  const isOther = type !== null && otherType !== null && type !== otherType
  return isNear && !toldApart && !isOther
}

const sourcesThatName = ({ statements }: KnownCase): string[] =>
  statements.flatMap(({ source, ref }) => (ref === null ? [] : [source]))

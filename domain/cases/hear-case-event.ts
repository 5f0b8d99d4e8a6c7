import type { JsonObject } from '../json.ts'
import { toIso } from '../time.ts'
import type { CaseSettings } from './case-rules.ts'
import { caseOf, type CaseState } from './case-state.ts'
import type { CaseStatement } from './case-statement.ts'
import { matchCase, type KnownCase } from './match-case.ts'

/** Traits that are reckoned from a customer's cases; nobody else says them. */
export const CASE_TRAITS = ['open_cases', 'case_severity'] as const

/** What one event came to. */
export interface HeardCase {
  readonly caseId: string
  readonly isNew: boolean
  /** Cases that a new one may be as well. */
  readonly doubts: readonly string[]
  readonly state: CaseState
  /** The customer's cases afterwards. */
  readonly known: readonly KnownCase[]
}

/** Gives a statement to one of the customer's cases, or to a new one called `newId`. */
export function hearCaseStatement(
  statement: CaseStatement,
  known: readonly KnownCase[],
  rules: CaseSettings,
  newId: string,
): HeardCase {
  const matched = matchCase(statement, known, rules)
  const caseId = matched.caseId ?? newId
  const isNew = matched.caseId === null
  const before = known.find((each) => each.caseId === caseId)
  const after: KnownCase = { caseId, statements: [...(before?.statements ?? []), statement] }
  return {
    caseId,
    isNew,
    doubts: matched.caseId === null ? matched.doubts : [],
    state: caseOf(after.statements, rules),
    known: [...known.filter((each) => each.caseId !== caseId), after],
  }
}

/** What an event of a case says beside its own properties, for conditions, templates and exclusions. */
export const caseProperties = (caseId: string, state: CaseState): JsonObject => ({
  case: caseId,
  case_status: state.status,
  case_type: state.type,
  case_severity: state.severity,
  case_contacts: state.contacts,
  ...(state.promisedAtMs === null ? {} : { case_promised_at: toIso(state.promisedAtMs) }),
})

/** What tells that a case goes on as another one, since its customer is another's too. */
export const CASE_JOINED = 'Case Joined'

/** What is known of a customer by all cases. Null takes a trait away. */
export function caseTraits(known: readonly KnownCase[], rules: CaseSettings): JsonObject {
  const cases = known.map(({ statements }) => caseOf(statements, rules))
  return traitsOfCases(cases)
}

/** The same of cases as they stand. */
export function traitsOfCases(
  cases: readonly Pick<CaseState, 'status' | 'severity'>[],
): JsonObject {
  const open = cases.filter(({ status }) => status === 'open')
  return {
    open_cases: open.length,
    case_severity: open.length === 0 ? null : Math.max(...open.map(({ severity }) => severity)),
  }
}

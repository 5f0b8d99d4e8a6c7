import type { CaseStatement } from '../../domain/cases/case-statement.ts'
import type { KnownCase } from '../../domain/cases/match-case.ts'

let count = 0

/** What an event says of a case: that it was opened, and nothing more but for `parts`. */
export const caseStatement = (
  parts: Pick<CaseStatement, 'atMs' | 'source'> & Partial<CaseStatement>,
): CaseStatement => ({
  messageId: `m${count++}`,
  action: 'opened',
  ref: null,
  code: null,
  keys: {},
  severity: null,
  promisedAtMs: null,
  emotion: null,
  level: null,
  satisfaction: null,
  ...parts,
})

export const knownCase = (caseId: string, ...statements: CaseStatement[]): KnownCase => ({
  caseId,
  statements,
})

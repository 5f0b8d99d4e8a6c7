import type { Kysely } from 'kysely'
import { listOpenCases, type WeighedCase } from '../db/case-pages.ts'
import type { CaseRow } from '../db/cases.ts'
import { getBookInForce } from '../db/rule-book-in-force.ts'
import { findCaseSettings } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { casePriority, type PriorityPart } from '../domain/cases/priority.ts'
import { minorUnits } from '../domain/customers/facts.ts'

/** Open cases that are weighed; what was opened later waits until some of them are answered. */
const OPEN_MAX = 10_000

export interface PrioritizedCaseRow extends CaseRow {
  readonly priority: number
  readonly parts: readonly PriorityPart[]
}

/**
 * Open cases, the most urgent first, with what makes them so; those of one priority in the order in which
 * they were opened. `caseId`: only this one.
 *
 * Cost: one statement over the open cases and the purchases of their customers.
 */
export async function prioritizeCases(
  db: Kysely<Database>,
  { caseId, nowMs }: { readonly caseId?: string; readonly nowMs: number },
): Promise<PrioritizedCaseRow[]> {
  const [{ priority: rules }, { lifecycle }] = await Promise.all([
    findCaseSettings(db),
    getBookInForce(db),
  ])
  const { purchase } = lifecycle
  const open = await listOpenCases(db, { caseId, purchase, limit: OPEN_MAX })
  const weigh = ({ traits, bought, ...row }: WeighedCase): PrioritizedCaseRow => {
    const minor = bought.reduce<number>((total, value) => total + minorUnits(value), 0)
    return { ...row, ...casePriority({ ...row, traits, value: minor / 100 }, rules, nowMs) }
  }
  // Sorting keeps the order in which they were opened.
  return open.map(weigh).toSorted((a, b) => b.priority - a.priority)
}

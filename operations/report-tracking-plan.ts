import type { Kysely } from 'kysely'
import { ALL, sumPlanCounts, UNDECLARED, type PlanSum } from '../db/plan-counts.ts'
import { findRulesInForce } from '../db/rule-documents.ts'
import type { Database } from '../db/schema.ts'
import { own } from '../domain/own.ts'
import { NOT_AS_PLANNED } from '../domain/tracking/planned-traits.ts'
import type { PlannedEvent, PlannedTrait } from '../domain/tracking/tracking-plan.ts'

type Counted = Pick<PlanSum, 'count' | 'refused' | 'firstAt' | 'lastAt' | 'sources' | 'messageId'>

/** What came of a name that the plan declares. */
export interface DeclaredName {
  readonly name: string
  readonly owner: string | null
  /** Null: it never came. */
  readonly all: Counted | null
  /** Those that were not as declared; null: none. */
  readonly invalid: Counted | null
  /** Which rules were broken how often. */
  readonly broken: readonly (Counted & { readonly rule: string; readonly message: string | null })[]
}

export interface PlanPart {
  readonly declared: readonly DeclaredName[]
  readonly undeclared: readonly (Counted & { readonly name: string })[]
}

export interface TrackingPlanReport {
  /** Of the plan in force; 0: there is none. */
  readonly version: number
  readonly since: Date
  readonly events: PlanPart
  readonly traits: PlanPart
}

/** How what came since then compares with the tracking plan. Cost: the counts of those days, no events. */
export async function reportTrackingPlan(
  db: Kysely<Database>,
  since: Date,
): Promise<TrackingPlanReport> {
  const [inForce, sums] = await Promise.all([
    findRulesInForce(db, 'tracking-plan'),
    sumPlanCounts(db, since),
  ])
  const { events = {}, traits = {} } = inForce?.document ?? {}
  return {
    version: inForce?.version ?? 0,
    since,
    events: partOf(
      events,
      sums.filter(({ kind }) => kind === 'event'),
    ),
    traits: partOf(
      traits,
      sums.filter(({ kind }) => kind === 'trait'),
    ),
  }
}

/** What an earlier plan declared and this one does not, or the other way round, is shown by this one. */
function partOf(
  declared: Readonly<Record<string, PlannedEvent | PlannedTrait>>,
  sums: readonly PlanSum[],
): PlanPart {
  const byName = Map.groupBy(sums, ({ name }) => name)
  return {
    declared: Object.keys(declared).map((name) => {
      const found = byName.get(name) ?? []
      const one = (finding: string) => found.find((sum) => sum.finding === finding) ?? null
      return {
        name,
        owner: own(declared, name)?.owner ?? null,
        all: one(ALL),
        invalid: one(NOT_AS_PLANNED),
        broken: found
          .filter(({ finding }) => finding.startsWith('/'))
          .map((sum) => ({ ...sum, rule: sum.finding })),
      }
    }),
    undeclared: sums.filter(
      ({ name, finding }) => finding === UNDECLARED && !Object.hasOwn(declared, name),
    ),
  }
}

import type { Kysely } from 'kysely'
import { findJourney, findVersion } from '../db/journey-pages.ts'
import { listDeliveredOn, listPeople, type PeopleRow } from '../db/migration-census.ts'
import type { Database } from '../db/schema.ts'
import { DomainError, type Finding } from '../domain/errors.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import {
  censusFindings,
  planFindings,
  regainedMessages,
  wayFrom,
  type MigrationSteps,
  type Resent,
} from '../domain/journeys/migration-plan.ts'

/** A plan that takes the people inside one version to another. */
export interface MigrationPlan {
  readonly journey: string
  readonly from: number
  readonly to: number
  readonly steps: MigrationSteps
  /** The canary's share of the people, by hash; 1 is everybody. */
  readonly share: number
  /** Whether messages may be sent again. */
  readonly resend: boolean
}

export interface JudgedPlan {
  readonly people: readonly PeopleRow[]
  /** Messages that people already got and would get again. */
  readonly resent: readonly Resent[]
  /** What speaks against the plan because of where people stand now. */
  readonly findings: readonly Finding[]
}

/**
 * Looks at where people stand and what they would get again.
 *
 * @throws {DomainError} `not_found`; `unacceptable` with all that is wrong with the plan whoever is inside
 */
export async function judgePlan(db: Kysely<Database>, plan: MigrationPlan): Promise<JudgedPlan> {
  const { journey, steps, resend } = plan
  if ((await findJourney(db, journey)) === undefined)
    throw new DomainError('not_found', `There is no journey "${journey}".`)
  const { from, to } = await readVersions(db, plan)
  const wrong = planFindings(from, to, steps)
  if (wrong.length > 0) throw refusal(wrong)

  const people = await listPeople(db, plan)
  const resting: Record<string, number> = {}
  for (const row of people)
    if (row.status !== 'active' && !row.test)
      resting[row.step] = (resting[row.step] ?? 0) + row.people
  const wanted = Object.keys(steps).flatMap((step) => {
    const way = wayFrom(steps, step)
    if (way?.type !== 'move') return []
    const regained = regainedMessages(from, to, { step, target: way.to })
    return [...regained].map((message) => ({ step, message }))
  })
  const resent = await listDeliveredOn(db, plan, wanted)
  return { people, resent, findings: censusFindings(steps, { resting, resent, resend }) }
}

/** A plan that cannot be carried out as it is. */
export function refusal(findings: readonly Finding[]): DomainError {
  return new DomainError('unacceptable', 'The plan cannot be carried out as it is.', findings)
}

async function readVersions(
  db: Kysely<Database>,
  { journey: key, from, to }: MigrationPlan,
): Promise<{ from: Journey; to: Journey }> {
  const [before, after] = await Promise.all([
    findVersion(db, { key, version: from }),
    findVersion(db, { key, version: to }),
  ])
  const findings: Finding[] = []
  const find = (code: string, path: string, message: string): void =>
    void findings.push({ code, path, message, severity: 'error' })
  if (before === undefined)
    find('unknown_version', '/from', `There is no version ${from} of "${key}".`)
  else if (before.status === 'live')
    find(
      'old_version_is_live',
      '/from',
      `Version ${from} takes new entries, so that it would never be empty; publish, roll back or close it first.`,
    )
  if (after === undefined) find('unknown_version', '/to', `There is no version ${to} of "${key}".`)
  else if (after.status === 'stopped')
    find('target_is_stopped', '/to', `Version ${to} is stopped: who is taken there leaves at once.`)
  if (from === to) find('same_version', '/to', 'Both versions are the same.')
  if (before === undefined || after === undefined || findings.length > 0) throw refusal(findings)
  return { from: before.definition, to: after.definition }
}

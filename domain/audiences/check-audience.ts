import { constantOf } from '../conditions/claims.ts'
import type { Finding } from '../errors.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { findingsIn } from '../journeys/condition-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import type { ConditionPlace } from '../journeys/journey-conditions.ts'
import type { KnownNames } from '../journeys/known-names.ts'
import { conditionMentions, unknownNames } from '../journeys/name-findings.ts'
import { membersOf } from '../journeys/readable.ts'
import { schemaFindings } from '../journeys/schema-findings.ts'
import type { Audience } from './audience.ts'
import { audienceSchema } from './audience.schema.ts'

export interface CheckedAudience {
  /** Null when there is an error among the findings: such an audience cannot be published. */
  readonly audience: Audience | null
  /** Everything that is wrong, not just the first thing; warnings too. */
  readonly findings: readonly Finding[]
}

/**
 * Checks an audience from outside, as `checkJourney` does a journey. Never throws.
 *
 * `known`: what a store has seen. Without it nothing is said about names that nobody has used yet.
 */
export function checkAudience(document: unknown, known?: KnownNames): CheckedAudience {
  const limits = limitFindings(document)
  if (limits.length > 0) return { audience: null, findings: limits }
  const { data, error } = audienceSchema.safeParse(document)
  const places = conditionIn(document)
  const findings = [
    ...schemaFindings(audienceSchema, error?.issues ?? [], document).findings,
    ...findingsIn(places),
    ...places.flatMap(emptyFindings),
    ...(known === undefined
      ? []
      : unknownNames({ mentions: places.flatMap(conditionMentions), properties: [] }, known)),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { audience: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

/** The condition, where there is one to be read. */
function conditionIn(document: unknown): ConditionPlace[] {
  const { when } = membersOf(document)
  if (typeof when !== 'string') return []
  return [
    {
      path: '/when',
      source: when,
      yields: 'condition',
      event: null,
      seesEntry: false,
      seesAnswers: false,
      seesStored: true,
    },
  ]
}

function emptyFindings({ path, source }: ConditionPlace): Finding[] {
  if (constantOf(source) !== false) return []
  return [
    {
      code: 'empty_audience',
      path,
      message: 'This condition never holds, so nobody belongs to the audience; mend it.',
      severity: 'error',
    },
  ]
}

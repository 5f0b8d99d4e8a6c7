import { customerCondition } from '../contact/policy-conditions.ts'
import { duplicateNames } from '../duplicate-names.ts'
import type { Finding } from '../errors.ts'
import { child } from '../json-pointer.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { findingsIn } from '../journeys/condition-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import type { Placed } from '../journeys/journey-parts.ts'
import type { KnownNames } from '../journeys/known-names.ts'
import { conditionMentions, unknownNames, type Mention } from '../journeys/name-findings.ts'
import { membersOf, readList } from '../journeys/readable.ts'
import { schemaFindings, withoutFields } from '../journeys/schema-findings.ts'
import { parseDurationProblem } from '../time.ts'
import { arbitrationRulesSchema, contextRuleSchema } from './arbitration-rules.schema.ts'
import type { ArbitrationRules, ContextRule } from './arbitration-rules.ts'

export interface CheckedArbitration {
  /** Null when there is an error among the findings: such rules cannot be published. */
  readonly rules: ArbitrationRules | null
  readonly findings: readonly Finding[]
}

/**
 * Checks arbitration rules from outside, as `checkContactPolicy` does a policy. Never throws.
 *
 * `known`: what a store has seen. Without it nothing is said about names that nobody has used yet.
 */
export function checkArbitrationRules(document: unknown, known?: KnownNames): CheckedArbitration {
  const limits = limitFindings(document)
  if (limits.length > 0) return { rules: null, findings: limits }
  const { data, error } = arbitrationRulesSchema.safeParse(document)
  const shape = schemaFindings(arbitrationRulesSchema, error?.issues ?? [], document)
  const readable = membersOf(data ?? withoutFields(document, shape.unknownFields))
  const context = readList('/context', contextRuleSchema, readable['context'])
  const conditions = context.flatMap(({ path, part }) =>
    customerCondition(`${path}/when`, part.when),
  )
  const findings = [
    ...shape.findings,
    ...durationFindings('/dwell', readable['dwell']),
    ...durationFindings('/switches/within', membersOf(readable['switches'])['within']),
    ...duplicateNames(context.map(({ path, part }) => ({ path: `${path}/name`, name: part.name }))),
    ...context.flatMap(factorOfOne),
    ...findingsIn(conditions),
    ...(known === undefined
      ? []
      : unknownNames(
          {
            mentions: [...context.flatMap(journeysOf), ...conditions.flatMap(conditionMentions)],
            properties: [],
          },
          known,
        )),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { rules: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

function durationFindings(path: string, value: unknown): Finding[] {
  const message = typeof value === 'string' ? parseDurationProblem(value) : null
  return message === null ? [] : [{ code: 'bad_duration', path, message, severity: 'error' }]
}

function factorOfOne({ path, part }: Placed<ContextRule>): Finding[] {
  if (part.multiply !== 1) return []
  return [
    {
      code: 'factor_of_one',
      path: `${path}/multiply`,
      message: `"${part.name}" multiplies by 1, which changes nothing; write another factor, or take the rule out.`,
      severity: 'warning',
    },
  ]
}

const journeysOf = ({ path, part }: Placed<ContextRule>): Mention[] =>
  (part.journeys ?? []).map((name, index) => ({
    kind: 'journey',
    path: child(`${path}/journeys`, index),
    name,
  }))

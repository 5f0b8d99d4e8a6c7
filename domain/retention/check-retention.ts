import type { Finding } from '../errors.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import type { Placed } from '../journeys/journey-parts.ts'
import type { KnownNames } from '../journeys/known-names.ts'
import { unknownNames, type Mention } from '../journeys/name-findings.ts'
import { membersOf, readList } from '../journeys/readable.ts'
import { schemaFindings, withoutFields } from '../journeys/schema-findings.ts'
import { child } from '../json-pointer.ts'
import { parseDurationProblem } from '../time.ts'
import { retentionRuleSchema, retentionRulesSchema } from './retention-rules.schema.ts'
import type { RetentionRule, RetentionRules } from './retention-rules.ts'

export interface CheckedRetention {
  /** Null when there is an error among the findings: such rules cannot be published. */
  readonly document: RetentionRules | null
  readonly findings: readonly Finding[]
}

/**
 * Checks retention rules from outside, as `checkContactPolicy` does a policy. Never throws.
 *
 * `known`: what a store has seen. Without it nothing is said about events that nobody has sent yet.
 */
export function checkRetention(document: unknown, known?: KnownNames): CheckedRetention {
  const limits = limitFindings(document)
  if (limits.length > 0) return { document: null, findings: limits }
  const { data, error } = retentionRulesSchema.safeParse(document)
  const shape = schemaFindings(retentionRulesSchema, error?.issues ?? [], document)
  const readable = membersOf(data ?? withoutFields(document, shape.unknownFields))
  const rules = readList('/rules', retentionRuleSchema, readable['rules'])
  const findings = [
    ...shape.findings,
    ...rules.flatMap(({ path, part }) => durationFindings(`${path}/keepFor`, part.keepFor)),
    ...(['mails', 'timeline', 'agentTasks', 'onsite'] as const).flatMap((name) =>
      durationFindings(`/${name}/keepFor`, membersOf(readable[name])['keepFor']),
    ),
    ...idleRules(rules),
    ...(known === undefined
      ? []
      : unknownNames({ mentions: rules.flatMap(eventsOf), properties: [] }, known)),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { document: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

function durationFindings(path: string, value: unknown): Finding[] {
  const message = typeof value === 'string' ? parseDurationProblem(value) : null
  return message === null ? [] : [{ code: 'bad_duration', path, message, severity: 'error' }]
}

/** Rules of which every event is named by one before them. */
function idleRules(rules: readonly Placed<RetentionRule>[]): Finding[] {
  const taken = new Set<string>()
  let isAllTaken = false
  return rules.flatMap(({ path, part: { events } }): Finding[] => {
    const isIdle = isAllTaken || (events !== '*' && events.every((name) => taken.has(name)))
    if (events === '*') isAllTaken = true
    else for (const name of events) taken.add(name)
    if (!isIdle) return []
    return [
      {
        code: 'rule_never_applies',
        path: `${path}/events`,
        message:
          'Rules before this one name all of its events, and the first one counts; move it up, or take it out.',
        severity: 'error',
      },
    ]
  })
}

const eventsOf = ({ path, part: { events } }: Placed<RetentionRule>): Mention[] =>
  events === '*'
    ? []
    : events.map((name, index) => ({ kind: 'event', path: child(`${path}/events`, index), name }))

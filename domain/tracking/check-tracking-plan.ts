import type { Finding } from '../errors.ts'
import { bounded } from '../journeys/bounded-findings.ts'
import { limitFindings } from '../journeys/definition-limits.ts'
import type { KnownNames } from '../journeys/known-names.ts'
import { membersOf } from '../journeys/readable.ts'
import { schemaFindings, withoutFields } from '../journeys/schema-findings.ts'
import { child } from '../json-pointer.ts'
import type { JsonObject } from '../json.ts'
import { createSchemaCompiler } from './json-schema.ts'
import { trackingPlanSchema } from './tracking-plan.schema.ts'
import type { TrackingPlan } from './tracking-plan.ts'

export interface CheckedTrackingPlan {
  /** Null when there is an error among the findings: such a plan cannot be published. */
  readonly document: TrackingPlan | null
  readonly findings: readonly Finding[]
}

/**
 * Checks a tracking plan from outside. Never throws.
 *
 * `known`: what a store has seen. Without it nothing is said about events that would be refused.
 * Cost: some milliseconds per schema.
 */
export function checkTrackingPlan(document: unknown, known?: KnownNames): CheckedTrackingPlan {
  const limits = limitFindings(document)
  if (limits.length > 0) return { document: null, findings: limits }
  const { data, error } = trackingPlanSchema.safeParse(document)
  const shape = schemaFindings(trackingPlanSchema, error?.issues ?? [], document)
  const readable = membersOf(data ?? withoutFields(document, shape.unknownFields))
  const findings = [
    ...shape.findings,
    ...schemaProblems(readable),
    ...(data === undefined ? [] : refusedFindings(data, known)),
  ]
  const isSound = findings.every(({ severity }) => severity !== 'error')
  return { document: isSound ? (data ?? null) : null, findings: bounded(findings) }
}

function schemaProblems(plan: Record<string, unknown>): Finding[] {
  const { compile } = createSchemaCompiler()
  return (['events', 'traits'] as const).flatMap((part) =>
    Object.entries(membersOf(plan[part])).flatMap(([name, entry]) => {
      const { schema } = membersOf(entry)
      if (!isSchema(schema)) return []
      const place = child(child(child('', part), name), 'schema')
      const compiled = compile(schema)
      if ('validate' in compiled) return []
      return compiled.problems.map(({ path, message }): Finding => ({
        code: 'bad_schema',
        path: place + path,
        message,
        severity: 'error',
      }))
    }),
  )
}

const isSchema = (value: unknown): value is JsonObject =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

/** Whoever refuses what is not declared should know what that is today. */
function refusedFindings(
  { events = {}, undeclared }: TrackingPlan,
  known: KnownNames | undefined,
): Finding[] {
  if (undeclared !== 'refuse' || known === undefined) return []
  return [...known.events]
    .filter(([name]) => !Object.hasOwn(events, name))
    .map(([name, { count }]) => ({
      code: 'refuses_seen_event',
      path: '/undeclared',
      message: `"${name}" came ${count} times lately and would be refused; declare it, or keep what is not declared.`,
      severity: 'warning',
    }))
}

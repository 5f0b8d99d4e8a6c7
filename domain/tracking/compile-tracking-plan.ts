import { invariant } from '../errors.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import { own } from '../own.ts'
import { createSchemaCompiler, type Validate, type Violation } from './json-schema.ts'
import type { TrackingPlan } from './tracking-plan.ts'

/** What a plan says about one event or trait. */
export interface PlanVerdict {
  readonly isDeclared: boolean
  readonly violations: readonly Violation[]
  /** It is not to be stored. */
  readonly isRefused: boolean
}

/** A plan ready to judge by. Null where it says nothing about events, or traits, at all. */
export interface CompiledPlan {
  readonly judgeEvent: ((name: string, properties: JsonObject) => PlanVerdict) | null
  readonly judgeTrait: ((name: string, value: JsonValue) => PlanVerdict) | null
}

/** Of nothing that was published. */
export const NO_PLAN: CompiledPlan = { judgeEvent: null, judgeTrait: null }

/** Compiles a plan that was checked. Cost: some milliseconds per schema; judging takes microseconds. */
export function compileTrackingPlan(plan: TrackingPlan): CompiledPlan {
  const { compile } = createSchemaCompiler()
  const validatorOf = (schema: JsonObject | undefined): Validate => {
    if (schema === undefined) return () => []
    const compiled = compile(schema)
    invariant('validate' in compiled, 'schemas of a published plan can be compiled')
    return compiled.validate
  }
  const { events, traits, undeclared = 'keep' } = plan
  const ofEvents = validators(events, validatorOf)
  const ofTraits = validators(traits, validatorOf)
  return {
    judgeEvent:
      events === undefined
        ? null
        : (name, properties) => {
            const validate = ofEvents.get(name)
            if (validate === undefined)
              return { isDeclared: false, violations: [], isRefused: undeclared === 'refuse' }
            const violations = validate(properties)
            const isRefused = violations.length > 0 && own(events, name)?.invalid === 'refuse'
            return { isDeclared: true, violations, isRefused }
          },
    judgeTrait:
      traits === undefined
        ? null
        : (name, value) => {
            const validate = ofTraits.get(name)
            return {
              isDeclared: validate !== undefined,
              violations: validate?.(value) ?? [],
              isRefused: false,
            }
          },
  }
}

const validators = (
  entries: Readonly<Record<string, { readonly schema?: JsonObject }>> = {},
  validatorOf: (schema: JsonObject | undefined) => Validate,
): ReadonlyMap<string, Validate> =>
  new Map(Object.entries(entries).map(([name, { schema }]) => [name, validatorOf(schema)]))

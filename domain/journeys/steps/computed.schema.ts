import { z } from 'zod'
import { child } from '../../json-pointer.ts'
import type { Computed } from '../step.ts'
import type { StepCondition } from './step-spec.ts'

/** A literal, or an expression whose result is taken. */
export const computedSchema = z.union([
  z.string(),
  z.number(),
  z.boolean(),
  z.null(),
  z.strictObject({ expr: z.string().describe('CEL whose result is taken') }),
])

/** The expressions among computed members, with their places under `path`. */
export function computedConditions(
  path: string,
  members: Readonly<Record<string, Computed>>,
): StepCondition[] {
  return Object.entries(members).flatMap(([name, value]): StepCondition[] =>
    typeof value === 'object' && value !== null
      ? [{ path: `${child(path, name)}/expr`, source: value.expr, yields: 'value', event: null }]
      : [],
  )
}

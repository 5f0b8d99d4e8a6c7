import { child } from '../../json-pointer.ts'
import type { JsonValue } from '../../json.ts'
import type { Computed } from '../step.ts'
import type { StepContext } from '../step-handler.ts'

/** The values of computed members by name. One that fails on the customer's data is left out. */
export function computeAll(
  members: Readonly<Record<string, Computed>>,
  path: string,
  { valueOf }: Pick<StepContext, 'valueOf'>,
): Record<string, JsonValue> {
  return Object.fromEntries(
    Object.entries(members).flatMap(([name, value]) => {
      const result =
        typeof value === 'object' && value !== null
          ? valueOf(value.expr, `${child(path, name)}/expr`)
          : value
      return result === undefined ? [] : [[name, result] as const]
    }),
  )
}

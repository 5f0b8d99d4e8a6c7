import type { JsonValue } from '../../json.ts'
import type { UpdateStep } from '../journey.ts'
import type { StepHandler } from '../step-handler.ts'

/** Sets traits. An expression that fails on the customer's data leaves its trait as it was. */
export const update: StepHandler<UpdateStep> = {
  enter: (step, { valueOf }) => {
    const traits: Record<string, JsonValue> = {}
    for (const [name, value] of Object.entries(step.set)) {
      const result =
        typeof value === 'object' && value !== null
          ? valueOf(value.expr, `set/${name}/expr`)
          : value
      if (result !== undefined) traits[name] = result
    }
    return { type: 'goTo', step: step.next, traits }
  },
}

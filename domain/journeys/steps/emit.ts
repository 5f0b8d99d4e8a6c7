import type { EmitStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'
import { computeAll } from './computed.ts'

/** Makes an event and goes on. A property whose expression fails on the customer's data is left out. */
export const emit: StepHandler<EmitStep> = {
  enter: (step, context) => ({
    type: 'goTo',
    step: step.next,
    changes: {
      emit: {
        name: step.event,
        properties: computeAll(step.properties ?? {}, 'properties', context),
      },
    },
  }),
}

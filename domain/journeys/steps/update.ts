import type { UpdateStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'
import { computeAll } from './computed.ts'

/** Sets traits. An expression that fails on the customer's data leaves its trait as it was. */
export const update: StepHandler<UpdateStep> = {
  enter: (step, context) => ({
    type: 'goTo',
    step: step.next,
    changes: { traits: computeAll(step.set, 'set', context) },
  }),
}

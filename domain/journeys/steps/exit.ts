import type { ExitStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'

/** Ends the run. */
export const exit: StepHandler<ExitStep> = {
  enter: (step) => ({ type: 'exit', reason: step.reason ?? 'completed' }),
}

import type { BranchStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'

/** Goes the way of the first case that holds, else `else`. */
export const branch: StepHandler<BranchStep> = {
  enter: (step, { holds }) => {
    const taken = step.cases.find((candidate, index) =>
      holds(candidate.when, `cases/${index}/when`),
    )
    return { type: 'goTo', step: taken?.next ?? step.else }
  },
}

import type { RepeatStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'
import { own } from '../../own.ts'

/** Begins another round, or goes on when there were enough or its condition no longer holds. */
export const repeat: StepHandler<RepeatStep> = {
  enter: (step, { run, holds }) => {
    const begun = own(run.rounds, run.step) ?? 0
    const goesOn = begun < step.times && (step.while === undefined || holds(step.while, 'while'))
    return goesOn
      ? { type: 'goTo', step: step.body, changes: { rounds: begun + 1 } }
      : { type: 'goTo', step: step.next, changes: { rounds: null } }
  },
}

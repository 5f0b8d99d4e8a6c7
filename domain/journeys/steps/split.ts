import { fractionOf } from '../../random.ts'
import type { SplitStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'
import { pickByWeight } from './weights.ts'
import { own } from '../../own.ts'

/**
 * Sends the customer the way of an arm, always the same one: the arm drawn before where there still
 * is one of that name, else by a hash of salt and customer.
 */
export const split: StepHandler<SplitStep> = {
  enter: (step, { customerId, run, arms }) => {
    const salt = step.salt ?? `${run.journey}/${run.step}`
    const known = own(arms, salt)
    const kept = step.arms.find(({ id }) => id === known)
    const arm = kept ?? pickByWeight(step.arms, fractionOf(`${salt}|${customerId}`))
    return {
      type: 'goTo',
      step: arm.next,
      changes: {
        arm: { salt, arm: arm.id },
        pick: arm.id,
        choice: { summary: `arm ${arm.id}`, data: { arm: arm.id, salt } },
      },
    }
  },
}

import { fractionOf } from '../../random.ts'
import type { ChooseStep } from '../step.ts'
import type { StepHandler } from '../step-handler.ts'
import { pickByWeight } from './weights.ts'

/**
 * Picks a variant by its weight, anew at every visit, and notes with which propensity it was picked:
 * what a learner needs to judge it fairly.
 */
export const choose: StepHandler<ChooseStep> = {
  enter: (step, { run }) => {
    const seed = `${run.runId}.${run.visit}`
    const variant = pickByWeight(step.variants, fractionOf(seed))
    const total = step.variants.reduce((sum, { weight }) => sum + weight, 0)
    return {
      type: 'goTo',
      step: variant.next,
      changes: {
        pick: variant.id,
        choice: {
          summary: `chose ${variant.id}`,
          data: {
            variant: variant.id,
            propensity: variant.weight / total,
            policy: 'weights',
            seed,
            ...(variant.features === undefined ? {} : { features: variant.features }),
          },
        },
      },
    }
  },
}

import { z } from 'zod'
import type { SplitStep } from '../step.ts'
import type { StepSpec } from './step-spec.ts'
import { choiceFindings, choiceIdSchema, weightSchema } from './weights.schema.ts'

export const splitStep = {
  schema: z.strictObject({
    type: z
      .literal('split')
      .describe('Sends customers different ways by chance; the same customer always the same way'),
    arms: z
      .array(
        z.strictObject({
          id: choiceIdSchema.describe('Names the arm; who is in it stays in it'),
          weight: weightSchema.describe('Percent; all together 100'),
          next: z.string().describe('Id of the next step'),
        }),
      )
      .min(1)
      .describe('The ways'),
    salt: z
      .string()
      .min(1)
      .max(255)
      .describe('Splits of one salt agree on everybody. Default: journey and step')
      .exactOptional(),
  }),
  links: (step) =>
    step.arms.map(({ next }, index) => ({ path: `/arms/${index}/next`, value: next })),
  problems: (step) => choiceFindings('/arms', step.arms),
} as const satisfies StepSpec<SplitStep>

import { z } from 'zod'
import type { ChooseStep } from '../step.ts'
import type { StepSpec } from './step-spec.ts'
import { choiceFindings, choiceIdSchema, weightSchema } from './weights.schema.ts'

export const chooseStep = {
  schema: z.strictObject({
    type: z.literal('choose').describe('Picks a variant anew at every visit'),
    variants: z
      .array(
        z.strictObject({
          id: choiceIdSchema.describe('Names the variant in reports'),
          weight: weightSchema.describe('Percent; all together 100'),
          next: z.string().describe('Id of the next step'),
          features: z
            .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
            .describe('What a learner may know of the variant')
            .exactOptional(),
        }),
      )
      .min(1)
      .describe('Picked from by weight'),
  }),
  links: (step) =>
    step.variants.map(({ next }, index) => ({ path: `/variants/${index}/next`, value: next })),
  problems: (step) => choiceFindings('/variants', step.variants),
} as const satisfies StepSpec<ChooseStep>

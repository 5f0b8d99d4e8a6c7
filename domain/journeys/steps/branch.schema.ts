import { z } from 'zod'
import type { BranchStep } from '../step.ts'
import type { StepSpec } from './step-spec.ts'

export const branchStep = {
  schema: z.strictObject({
    type: z.literal('branch').describe('Goes the way of the first case that holds'),
    cases: z
      .array(
        z.strictObject({
          when: z.string().describe('CEL: whether to go this way'),
          next: z.string().describe('Id of the next step'),
        }),
      )
      .min(1)
      .describe('Tried in this order'),
    else: z.string().describe('Id of the next step where no case holds'),
  }),
  links: (step) => [
    ...step.cases.map(({ next }, index) => ({ path: `/cases/${index}/next`, value: next })),
    { path: '/else', value: step.else },
  ],
  conditions: (step) =>
    step.cases.map(({ when }, index) => ({
      path: `/cases/${index}/when`,
      source: when,
      yields: 'condition',
      event: null,
    })),
} as const satisfies StepSpec<BranchStep>

import { z } from 'zod'
import type { BranchStep } from '../journey.ts'
import type { StepSpec } from './step-spec.ts'

export const branchStep = {
  schema: z.strictObject({
    type: z.literal('branch'),
    cases: z.array(z.strictObject({ when: z.string(), next: z.string() })).min(1),
    else: z.string(),
  }),
  rests: () => false,
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

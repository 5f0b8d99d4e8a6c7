import { z } from 'zod'
import type { ExitStep } from '../step.ts'
import type { StepSpec } from './step-spec.ts'

export const exitStep = {
  schema: z.strictObject({
    type: z.literal('exit').describe('Ends the run'),
    reason: z.string().describe('Shown as the reason. Default: `completed`').exactOptional(),
  }),
  links: () => [],
} as const satisfies StepSpec<ExitStep>

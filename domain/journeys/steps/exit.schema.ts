import { z } from 'zod'
import type { ExitStep } from '../journey.ts'
import type { StepSpec } from './step-spec.ts'

export const exitStep = {
  schema: z.strictObject({ type: z.literal('exit'), reason: z.string().exactOptional() }),
  rests: () => false,
  links: () => [],
} as const satisfies StepSpec<ExitStep>

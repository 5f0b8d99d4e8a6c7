import { z } from 'zod'
import type { WaitForStep } from '../journey.ts'
import { eventNameSchema } from '../names.schema.ts'
import type { StepSpec } from './step-spec.ts'

export const waitForStep = {
  schema: z.strictObject({
    type: z.literal('waitFor'),
    event: eventNameSchema,
    when: z.string().exactOptional(),
    within: z.string(),
    next: z.string(),
    onTimeout: z.string(),
  }),
  rests: () => true,
  links: (step) => [
    { path: '/next', value: step.next },
    { path: '/onTimeout', value: step.onTimeout },
  ],
  conditions: (step) =>
    step.when === undefined
      ? []
      : [{ path: '/when', source: step.when, yields: 'condition', event: step.event }],
  durations: (step) => [{ path: '/within', value: step.within }],
  events: (step) => [step.event],
} as const satisfies StepSpec<WaitForStep>

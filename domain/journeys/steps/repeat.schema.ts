import { z } from 'zod'
import type { RepeatStep } from '../step.ts'
import type { StepSpec } from './step-spec.ts'

/** More rounds than anybody is to go through. */
const ROUNDS_MAX = 1_000

export const repeatStep = {
  schema: z.strictObject({
    type: z.literal('repeat').describe('Goes round several times; the body leads back here'),
    times: z.number().int().min(1).max(ROUNDS_MAX).describe('Rounds at most'),
    while: z
      .string()
      .describe('CEL, judged before every round: whether to go round again')
      .exactOptional(),
    body: z.string().describe('Id of the first step of a round'),
    next: z.string().describe('Id of the step after the last round'),
  }),
  links: (step) => [
    { path: '/body', value: step.body },
    // There is a round before it at least, unless a condition may forbid the first.
    { path: '/next', value: step.next, takesTime: step.while === undefined },
  ],
  round: (step) => ({ path: '/body', value: step.body }),
  conditions: (step) =>
    step.while === undefined
      ? []
      : [{ path: '/while', source: step.while, yields: 'condition', event: null }],
} as const satisfies StepSpec<RepeatStep>

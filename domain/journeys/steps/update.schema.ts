import { z } from 'zod'
import { isPersonalTrait } from '../../customers/personal-traits.ts'
import { child } from '../../json-pointer.ts'
import type { UpdateStep } from '../step.ts'
import { computedConditions, computedSchema } from './computed.schema.ts'
import type { StepSpec } from './step-spec.ts'

export const updateStep = {
  schema: z.strictObject({
    type: z.literal('update').describe('Sets traits of the customer'),
    set: z
      .record(z.string(), computedSchema)
      .describe('By trait: written out, or `{ "expr": … }`; null takes it away'),
    next: z.string().describe('Id of the next step'),
  }),
  links: (step) => [{ path: '/next', value: step.next }],
  traits: (step) => Object.keys(step.set),
  conditions: (step) => computedConditions('/set', step.set),
  problems: (step) =>
    Object.keys(step.set)
      .filter(isPersonalTrait)
      .map((trait) => ({
        code: 'personal_trait',
        path: child('/set', trait),
        message: `"${trait}" is personal data, which a journey cannot set; send it with an identify call.`,
        severity: 'error',
      })),
} as const satisfies StepSpec<UpdateStep>

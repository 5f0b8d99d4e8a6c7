import { z } from 'zod'
import { isPersonalTrait } from '../../customers/personal-traits.ts'
import { child } from '../../json-pointer.ts'
import type { EmitStep } from '../step.ts'
import { eventNameSchema } from '../names.schema.ts'
import { computedConditions, computedSchema } from './computed.schema.ts'
import type { StepSpec } from './step-spec.ts'

export const emitStep = {
  schema: z.strictObject({
    type: z.literal('emit').describe('Makes an event of this customer'),
    event: eventNameSchema.describe('Its name'),
    properties: z
      .record(z.string(), computedSchema)
      .describe('Its properties: written out, or `{ "expr": … }`')
      .exactOptional(),
    next: z.string().describe('Id of the next step'),
  }),
  links: (step) => [{ path: '/next', value: step.next }],
  emits: (step) => [step.event],
  conditions: (step) => computedConditions('/properties', step.properties ?? {}),
  problems: (step) =>
    Object.keys(step.properties ?? {})
      .filter(isPersonalTrait)
      .map((name) => ({
        code: 'personal_trait',
        path: child('/properties', name),
        message: `"${name}" is personal data, which a journey cannot put into an event; leave it out.`,
        severity: 'error',
      })),
} as const satisfies StepSpec<EmitStep>

import { z } from 'zod'
import { isPersonalTrait } from '../../customers/personal-traits.ts'
import { child } from '../../json-pointer.ts'
import type { UpdateStep } from '../journey.ts'
import type { StepCondition, StepSpec } from './step-spec.ts'

export const updateStep = {
  schema: z.strictObject({
    type: z.literal('update'),
    set: z.record(
      z.string(),
      z.union([
        z.string(),
        z.number(),
        z.boolean(),
        z.null(),
        z.strictObject({ expr: z.string() }),
      ]),
    ),
    next: z.string(),
  }),
  rests: () => false,
  links: (step) => [{ path: '/next', value: step.next }],
  traits: (step) => Object.keys(step.set),
  conditions: (step) =>
    Object.entries(step.set).flatMap(([trait, value]): StepCondition[] =>
      typeof value === 'object' && value !== null
        ? [
            {
              path: `${child('/set', trait)}/expr`,
              source: value.expr,
              yields: 'value',
              event: null,
            },
          ]
        : [],
    ),
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

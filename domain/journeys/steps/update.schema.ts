import { z } from 'zod'
import { cleanTraits } from '../../customers/clean-traits.ts'
import { isPersonalTrait } from '../../customers/personal-traits.ts'
import type { Finding } from '../../errors.ts'
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
  problems: (step) => [
    ...Object.keys(step.set)
      .filter(isPersonalTrait)
      .map((trait) => ({
        code: 'personal_trait',
        path: child('/set', trait),
        message: `"${trait}" is personal data, which a journey cannot set; send it with an identify call.`,
        severity: 'error' as const,
      })),
    ...unkeptTraits(step),
  ],
} as const satisfies StepSpec<UpdateStep>

/** Values written out that the door would change or set aside, had a caller said them. */
function unkeptTraits({ set }: UpdateStep): Finding[] {
  const said = Object.entries(set).filter(
    (member): member is [string, string] =>
      typeof member[1] === 'string' && !isPersonalTrait(member[0]),
  )
  const { kept } = cleanTraits(Object.fromEntries(said), { before: {} })
  return said.flatMap(([trait, value]): Finding[] => {
    const good = kept[trait]
    if (good === value) return []
    const advice = typeof good === 'string' ? `write "${good}"` : 'it cannot be read as one'
    return [
      {
        code: 'unclean_trait',
        path: child('/set', trait),
        message: `"${value}" is not how "${trait}" is kept: ${advice}.`,
        severity: 'error',
      },
    ]
  })
}

import { z } from '@hono/zod-openapi'
import type { CapUse } from '../../domain/contact/caps.ts'
import type { FatigueUse } from '../../domain/contact/fatigue.ts'
import { toIso } from '../../domain/time.ts'
import { instant } from '../answers.ts'

/** How much of a cap a customer has used. */
export const capUseSchema = z
  .object({
    name: z.string(),
    used: z.number().int(),
    max: z.number().int(),
    freeAt: instant.nullable().openapi({
      description: 'Where it is full: when there is room again; null if never',
    }),
  })
  .openapi('CapUse')

/** The same as callers see it. */
export const toCapUse = ({ name, used, max, freeAtMs }: CapUse): z.output<typeof capUseSchema> => ({
  name,
  used,
  max,
  freeAt: freeAtMs === null ? null : toIso(freeAtMs),
})

/** Where a customer stands with a rule of fatigue. */
export const fatigueUseSchema = z
  .object({
    name: z.string(),
    unanswered: z.number().int().openapi({
      description: 'Messages since the last reaction, as far as the rule counts',
    }),
    allows: z
      .union([
        z.enum(['everything', 'nothing']),
        z.object({ max: z.number().int(), per: z.string() }),
      ])
      .openapi({ description: 'What goes out until the next reaction' }),
  })
  .openapi('FatigueUse')

/** The same as callers see it. */
export const toFatigueUse = ({
  name,
  unanswered,
  step,
}: FatigueUse): z.output<typeof fatigueUseSchema> => ({
  name,
  unanswered,
  allows: allowedBy(step),
})

function allowedBy(step: FatigueUse['step']): z.output<typeof fatigueUseSchema>['allows'] {
  if (step === null) return 'everything'
  return 'stop' in step ? 'nothing' : { max: step.max, per: step.per }
}

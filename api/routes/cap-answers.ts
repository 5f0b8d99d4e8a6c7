import { z } from '@hono/zod-openapi'
import type { CapUse } from '../../domain/contact/caps.ts'
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

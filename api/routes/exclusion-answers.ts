import { z } from '@hono/zod-openapi'
import type { ExclusionRow } from '../../db/exclusions.ts'
import { MESSAGE_CLASSES } from '../../domain/journeys/journey.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { instant } from '../answers.ts'

export const scopeSchema = z.strictObject({
  classes: z.array(z.enum(MESSAGE_CLASSES)).min(1).optional(),
  channels: z.array(z.enum(CHANNELS)).min(1).optional(),
})

export const openExclusionSchema = z
  .object({
    exclusionId: z.string(),
    rule: z.string().nullable().openapi({ description: 'Null: opened by hand' }),
    reason: z.string(),
    scope: scopeSchema,
    source: z.string(),
    since: instant,
    inForceFrom: instant,
    until: instant.nullable().openapi({ description: 'Null: until it is closed' }),
  })
  .openapi('OpenExclusion')

export const exclusionSchema = openExclusionSchema
  .extend({
    closed: z
      .object({ at: instant, by: z.string() })
      .nullable()
      .openapi({ description: 'Null: nobody has closed it, and the actor saw no end yet' }),
  })
  .openapi('Exclusion')

/** One that is open, as callers see it. */
export const toOpenExclusion = (row: Omit<ExclusionRow, 'closed'>) => ({
  exclusionId: row.exclusionId,
  rule: row.rule,
  reason: row.reason,
  scope: {
    ...(row.scope.classes === undefined ? {} : { classes: [...row.scope.classes] }),
    ...(row.scope.channels === undefined ? {} : { channels: [...row.scope.channels] }),
  },
  source: row.source,
  since: row.since.toISOString(),
  inForceFrom: row.inForceFrom.toISOString(),
  until: row.until?.toISOString() ?? null,
})

/** The same for one that may be over. */
export const toExclusion = ({ closed, ...row }: ExclusionRow) => ({
  ...toOpenExclusion(row),
  closed: closed === null ? null : { at: closed.at.toISOString(), by: closed.by },
})

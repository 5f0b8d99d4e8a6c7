import { z } from '@hono/zod-openapi'
import type {
  ConditionFailureRow,
  HeadCountRow,
  JourneyPageRow,
  VersionRow,
} from '../../db/journey-pages.ts'
import { LANES, type Journey } from '../../domain/journeys/journey.ts'
import { instant, jsonValue, problemSchema } from '../answers.ts'

/** Whatever it is: the checker names everything that keeps it from being a journey. */
export const definitionInput = z
  .unknown()
  .openapi({ type: 'object', description: 'A journey definition' })

const activeAndPaused = z.object({ active: z.number().int(), paused: z.number().int() })

const headCountSchema = activeAndPaused
  .extend({ total: z.number().int(), steps: z.record(z.string(), activeAndPaused) })
  .openapi({
    description:
      'Customers who are in it now, by step: on their way, and set aside for another journey. Test customers are left out',
  })

export const versionSchema = z
  .object({
    key: z.string(),
    version: z.number().int(),
    hash: z.string(),
    note: z.string().nullable(),
    lane: z.enum(LANES),
    status: z.enum(['live', 'superseded', 'closed', 'stopped']),
    publishedAt: instant,
    publishedBy: z.string().nullable(),
    endedAt: instant.nullable().openapi({ description: 'When it was closed or stopped' }),
    headCount: headCountSchema,
  })
  .openapi('JourneyVersion')

export const publishedSchema = z.object({
  key: z.string(),
  version: z.number().int(),
  hash: z.string(),
  publishedAt: instant,
  note: z.string().nullable(),
})

/** What a publication may conflict with, and the version that came first where it was one. */
export const newerVersionAnswer = {
  description: 'Another version was published meanwhile, or in conflict with what is there',
  content: {
    'application/problem+json': {
      schema: problemSchema
        .extend({
          key: z.string().optional(),
          version: z.number().int().optional(),
          publishedAt: instant.optional(),
        })
        .openapi('NewerVersionProblem'),
    },
  },
}

/** Values that are others now. */
export const changesSchema = z
  .array(
    z.object({
      path: z.string().openapi({ description: 'JSON pointer into the definition' }),
      from: jsonValue.optional().openapi({ description: 'Absent where there was nothing' }),
      to: jsonValue.optional().openapi({ description: 'Absent where it is gone' }),
    }),
  )
  .readonly()
const namesSchema = z.array(z.string()).readonly()
const partsSchema = <Schema extends z.ZodType>(changed: Schema) =>
  z.object({ added: namesSchema, removed: namesSchema, changed: z.array(changed).readonly() })

export const diffSchema = z
  .object({
    key: z.string(),
    from: z.number().int(),
    to: z.number().int(),
    steps: partsSchema(z.object({ step: z.string(), changes: changesSchema })),
    messages: partsSchema(z.object({ message: z.string(), changes: changesSchema })),
    settings: changesSchema,
  })
  .openapi('JourneyDiff')

const definitionSchema: z.ZodType<Journey> = z.any().openapi({ type: 'object' })

export const versionWithDefinitionSchema = versionSchema
  .extend({
    definition: definitionSchema,
    conditionFailures: z
      .array(
        z.object({
          path: z.string(),
          count: z.number().int(),
          lastMessage: z.string(),
          lastAt: instant,
        }),
      )
      .openapi({
        description:
          "Conditions that failed on customers' data and were taken as false, by their place",
      }),
  })
  .openapi('JourneyVersionWithDefinition')

export const journeySchema = z
  .object({
    key: z.string(),
    title: z.string(),
    latestVersion: z.number().int(),
    createdAt: instant,
    live: versionSchema.nullable(),
    headCount: z.number().int().openapi({ description: 'In all versions' }),
  })
  .openapi('Journey')

/** A journey as callers see it. `versions` and `counts` may be of other journeys too. */
export function toJourney(
  { key, title, latestVersion, createdAt }: JourneyPageRow,
  versions: readonly VersionRow[],
  counts: readonly HeadCountRow[],
) {
  const live = versions.find((version) => version.key === key && version.status === 'live')
  return {
    key,
    title,
    latestVersion,
    createdAt: createdAt.toISOString(),
    live: live === undefined ? null : toVersion(live, counts),
    headCount: sum(counts.filter((count) => count.key === key)),
  }
}

/** A version as callers see it, with who is in it now. */
export function toVersion(row: VersionRow, counts: readonly HeadCountRow[]) {
  const here = counts.filter(({ key, version }) => key === row.key && version === row.version)
  return {
    ...row,
    publishedAt: row.publishedAt.toISOString(),
    endedAt: row.endedAt?.toISOString() ?? null,
    headCount: {
      total: sum(here),
      active: here.reduce((total, { active }) => total + active, 0),
      paused: here.reduce((total, { paused }) => total + paused, 0),
      steps: Object.fromEntries(here.map(({ step, active, paused }) => [step, { active, paused }])),
    },
  }
}

/** How often conditions failed on customers' data, as callers see it. */
export const toFailures = (rows: readonly ConditionFailureRow[]) =>
  rows.map((row) => ({ ...row, lastAt: row.lastAt.toISOString() }))

const sum = (counts: readonly HeadCountRow[]): number =>
  counts.reduce((total, { active, paused }) => total + active + paused, 0)

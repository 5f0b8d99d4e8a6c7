import { z } from '@hono/zod-openapi'
import type {
  ConditionFailureRow,
  HeadCountRow,
  JourneyPageRow,
  VersionRow,
} from '../../db/journey-pages.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { instant } from '../answers.ts'

const headCountSchema = z
  .object({
    total: z.number().int(),
    steps: z.record(z.string(), z.number().int()),
  })
  .openapi({ description: 'Customers who are in it now, by step; test customers are left out' })

export const versionSchema = z
  .object({
    key: z.string(),
    version: z.number().int(),
    hash: z.string(),
    note: z.string().nullable(),
    status: z.enum(['live', 'superseded']),
    publishedAt: instant,
    publishedBy: z.string().nullable(),
    headCount: headCountSchema,
  })
  .openapi('JourneyVersion')

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
    headCount: {
      total: sum(here),
      steps: Object.fromEntries(here.map(({ step, count }) => [step, count])),
    },
  }
}

/** How often conditions failed on customers' data, as callers see it. */
export const toFailures = (rows: readonly ConditionFailureRow[]) =>
  rows.map((row) => ({ ...row, lastAt: row.lastAt.toISOString() }))

const sum = (counts: readonly HeadCountRow[]): number =>
  counts.reduce((total, { count }) => total + count, 0)

import { z } from '@hono/zod-openapi'
import type { MigrationRow } from '../../db/journey-migrations.ts'
import type { LeftRow, ProgressRow } from '../../db/migration-runs.ts'
import type { JudgedPlan, MigrationPlan } from '../../operations/judge-plan.ts'
import { findingSchema, instant } from '../answers.ts'

const count = z.number().int()

const stepsSchema = z
  .record(z.string(), z.string())
  .openapi({ description: 'Step of the old version → step of the new one, "exit" or "stay"' })

const RUN_STATUSES = [
  'waiting',
  'asked',
  'moved',
  'exited',
  'stayed',
  'refused',
  'gone',
  'recalled',
  'undone',
  'kept',
] as const

const progressSchema = z.partialRecord(z.enum(RUN_STATUSES), count).openapi({
  description:
    'How many people are how far. `waiting`: not asked yet; `asked`: their actor is to answer; `moved`, `exited`: as planned; `stayed`: the plan leaves them; `refused`: they would get a message again; `gone`: they had left by themselves; `recalled`, `undone`: on the way back, and back; `kept`: they had taken a step and were not brought back',
})

export const migrationSchema = z
  .object({
    migrationId: z.string(),
    journey: z.string(),
    from: count,
    to: count,
    steps: stepsSchema,
    canary: z.number(),
    resend: z.boolean(),
    perSecond: count,
    status: z.enum(['running', 'paused', 'done', 'undoing', 'undone']),
    createdAt: instant,
    createdBy: z.string().nullable(),
    updatedAt: instant,
    people: progressSchema,
    testCustomers: count.openapi({
      description: 'They go with the others and are not counted there',
    }),
  })
  .openapi('Migration')

export const migrationDetailSchema = migrationSchema
  .extend({
    progress: z.array(
      z.object({ step: z.string().nullable(), to: z.string().nullable(), people: progressSchema }),
    ),
    left: z
      .array(
        z.object({
          customerId: z.string(),
          runId: z.string(),
          status: z.enum(RUN_STATUSES),
          step: z.string().nullable(),
          reason: z.string(),
        }),
      )
      .openapi({ description: 'Who was left where they were for a reason; at most 100' }),
  })
  .openapi('MigrationWithProgress')

export const previewSchema = z
  .object({
    journey: z.string(),
    from: count,
    to: count,
    canary: z.number(),
    ok: z.boolean(),
    findings: z.array(findingSchema).openapi({ description: 'What keeps it from being begun' }),
    people: count,
    inCanary: count,
    testCustomers: count,
    steps: z.array(
      z.object({
        step: z.string(),
        to: z.string().nullable().openapi({ description: 'Null where the plan does not name it' }),
        active: count.openapi({ description: 'On their way, as with a message being sent' }),
        waiting: count,
        paused: count,
        inCanary: count,
        testCustomers: count,
      }),
    ),
    resent: z
      .array(z.object({ step: z.string(), message: z.string(), people: count }))
      .openapi({ description: 'Messages that people already got and would get again' }),
  })
  .openapi('MigrationPreview')

/** A migration as callers see it. `progress` may be of others too. */
export function toMigration(row: MigrationRow, progress: readonly ProgressRow[]) {
  const { share, createdAt, updatedAt, ...rest } = row
  const own = progress.filter(({ migrationId }) => migrationId === row.migrationId)
  return {
    ...rest,
    steps: { ...rest.steps },
    canary: share,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
    people: byStatus(own),
    testCustomers: sum(own.filter(({ test }) => test)),
  }
}

/** With how far each step is, and who was left where they were. */
export function toMigrationDetail(
  row: MigrationRow,
  progress: readonly ProgressRow[],
  left: readonly LeftRow[],
) {
  const ways = Map.groupBy(
    progress.filter(({ test }) => !test),
    ({ step, to }) => JSON.stringify([step, to]),
  )
  return {
    ...toMigration(row, progress),
    progress: [...ways.values()].map((rows) => ({
      step: rows[0]?.step ?? null,
      to: rows[0]?.to ?? null,
      people: byStatus(rows),
    })),
    left: [...left],
  }
}

function byStatus(rows: readonly ProgressRow[]): Partial<Record<ProgressRow['status'], number>> {
  const counts: Partial<Record<ProgressRow['status'], number>> = {}
  for (const { status, test, people } of rows)
    if (!test) counts[status] = (counts[status] ?? 0) + people
  return counts
}

/** What a plan would do, as callers see it. */
export function toPreview(
  { journey, from, to, share, steps }: MigrationPlan,
  { people, resent, findings }: JudgedPlan,
) {
  const real = people.filter(({ test }) => !test)
  return {
    journey,
    from,
    to,
    canary: share,
    ok: findings.length === 0,
    findings: [...findings],
    people: sum(real),
    inCanary: real.reduce((total, { inShare }) => total + inShare, 0),
    testCustomers: sum(people.filter(({ test }) => test)),
    steps: [...Map.groupBy(people, ({ step }) => step)].map(([step, rows]) => {
      const here = rows.filter(({ test }) => !test)
      const on = (wanted: string): number => sum(here.filter(({ status }) => status === wanted))
      return {
        step,
        to: Object.hasOwn(steps, step) ? (steps[step] ?? null) : null,
        active: on('active'),
        waiting: on('waiting'),
        paused: on('paused'),
        inCanary: here.reduce((total, { inShare }) => total + inShare, 0),
        testCustomers: sum(rows.filter(({ test }) => test)),
      }
    }),
    resent: [...resent],
  }
}

const sum = (rows: readonly { readonly people: number }[]): number =>
  rows.reduce((total, { people }) => total + people, 0)

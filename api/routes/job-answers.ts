import { z } from '@hono/zod-openapi'
import type { JobRow } from '../../db/jobs.ts'
import type { BacktestJobProgress } from '../../domain/backtest/job-input.ts'
import { instant } from '../answers.ts'

export const jobSchema = z
  .object({
    jobId: z.string(),
    kind: z.enum(['backtest']),
    status: z.enum(['waiting', 'running', 'done', 'failed', 'cancelled']),
    progress: z
      .object({
        customers: z.number().int(),
        customersTotal: z.number().int(),
        events: z.number().int(),
        perSecond: z.number().int().openapi({ description: 'Customers per second' }),
      })
      .nullable()
      .openapi({ description: 'Null until it runs' }),
    error: z.string().nullable(),
    createdAt: instant,
    createdBy: z.string().nullable(),
    startedAt: instant.nullable(),
    finishedAt: instant.nullable(),
  })
  .openapi('Job')

/** A job as callers see it. */
export const toJob = ({ progress, ...job }: JobRow) => ({
  ...job,
  // Written by the job, and by nobody else.
  progress: progress as BacktestJobProgress | null,
  createdAt: job.createdAt.toISOString(),
  startedAt: job.startedAt?.toISOString() ?? null,
  finishedAt: job.finishedAt?.toISOString() ?? null,
})

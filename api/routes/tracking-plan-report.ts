import { createRoute, z } from '@hono/zod-openapi'
import { REPORT_DAYS_MAX } from '../../operations/count-days.ts'
import { reportTrackingPlan } from '../../operations/report-tracking-plan.ts'
import { json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'
import { toTrackingPlanReport, trackingPlanReportSchema } from './tracking-plan-answers.ts'

const DAYS_DEFAULT = 7
const DAY_MS = 86_400_000

const report = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/reports/tracking-plan',
    summary: 'How what came in compares with the tracking plan: counts, no values',
    tags: ['Tracking plan'],
    ...guard.read('read'),
    request: {
      query: z.object({
        days: z.coerce.number().int().min(1).max(REPORT_DAYS_MAX).default(DAYS_DEFAULT).openapi({
          description: 'Days of UTC, today among them',
        }),
      }),
    },
    responses: { 200: json(trackingPlanReportSchema, 'Most frequent first'), ...problems(400) },
  })

/** What callers do send; the plan itself is in `rule-documents.ts`. */
export const trackingPlanReportRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(report(guard), async (c) => {
    const since = new Date(deps.now() - (c.req.valid('query').days - 1) * DAY_MS)
    return c.json(toTrackingPlanReport(await reportTrackingPlan(deps.db, since)), 200)
  })

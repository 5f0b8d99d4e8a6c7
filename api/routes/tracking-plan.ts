import { createRoute, z } from '@hono/zod-openapi'
import { reportTrackingPlan } from '../../operations/report-tracking-plan.ts'
import { json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'
import { rulePublisher, ruleReader, ruleRoutes } from './rule-answers.ts'
import { toTrackingPlanReport, trackingPlanReportSchema } from './tracking-plan-answers.ts'

const DAYS_DEFAULT = 7
const DAYS_MAX = 90
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
        days: z.coerce.number().int().min(1).max(DAYS_MAX).default(DAYS_DEFAULT).openapi({
          description: 'Days of UTC, today among them',
        }),
      }),
    },
    responses: { 200: json(trackingPlanReportSchema, 'Most frequent first'), ...problems(400) },
  })

/** What callers may send, and what they do send. */
export const trackingPlanRoutes = (deps: ApiDeps, guard: Guard) => {
  const routes = ruleRoutes(guard, {
    path: '/v1/tracking-plan',
    tag: 'Tracking plan',
    title: 'the tracking plan',
  })
  const read = ruleReader(deps.db, 'tracking-plan')
  const publish = rulePublisher(deps, 'tracking-plan')
  return createRouter()
    .openapi(report(guard), async (c) => {
      const since = new Date(deps.now() - (c.req.valid('query').days - 1) * DAY_MS)
      return c.json(toTrackingPlanReport(await reportTrackingPlan(deps.db, since)), 200)
    })
    .openapi(routes.current, async (c) => c.json(await read.current(), 200))
    .openapi(routes.publish, async (c) => {
      const { isNew, answer } = await publish({
        document: c.req.valid('json'),
        query: c.req.valid('query'),
        caller: c.get('caller'),
        requestedAtMs: c.get('arrivedAtMs'),
      })
      return isNew ? c.json(answer, 201) : c.json(answer, 200)
    })
    .openapi(routes.check, async (c) => c.json(await read.check(c.req.valid('json')), 200))
    .openapi(routes.versions, async (c) => c.json(await read.versions(c.req.valid('query')), 200))
    .openapi(routes.version, async (c) =>
      c.json(await read.version(c.req.valid('param').version), 200),
    )
    .openapi(routes.diff, async (c) => c.json(await read.diff(c.req.valid('query')), 200))
}

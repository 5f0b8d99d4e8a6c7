import { createRoute, z } from '@hono/zod-openapi'
import { listFlows, listStays } from '../../db/lifecycle-history.ts'
import { lifecycleWeeks } from '../../domain/customers/lifecycle-weeks.ts'
import { DomainError } from '../../domain/errors.ts'
import { LIFECYCLE_STATES } from '../../domain/journeys/journey.ts'
import { previewLifecycle } from '../../operations/preview-lifecycle.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, instantSchema, listQuery } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Lifecycle']
const WEEKS_MAX = 260
const WEEK_MS = 7 * 86_400_000

const count = z.number().int()
const state = z.enum(LIFECYCLE_STATES)

const staySchema = z
  .object({
    state,
    since: instant,
    until: instant.nullable().openapi({ description: 'Null: the present state' }),
    reason: z.string(),
    rules: count.nullable().openapi({
      description: 'The version of the rules, where they alone made the change',
    }),
  })
  .openapi('LifecycleStay')

const reportSchema = z
  .object({
    weeks: z.array(
      z.object({
        from: instant.openapi({ description: 'Monday, 00:00 UTC' }),
        flows: z.array(
          z.object({
            from: state.nullable().openapi({ description: 'Null: somebody new' }),
            to: state,
            customers: count,
          }),
        ),
        stock: z
          .record(state, count)
          .openapi({ description: 'How many were in each state at the end of the week' }),
      }),
    ),
  })
  .openapi('LifecycleReport')

const previewSchema = z
  .object({
    customers: count,
    sample: z.number().openapi({ description: 'The share of all customers that was looked at' }),
    moved: count,
    matrix: z.array(z.object({ from: state, to: state, customers: count })),
    entries: z.array(z.object({ journey: z.string(), customers: count })).openapi({
      description:
        'Of those who move, how many come into a state that the live journey enters on; its conditions are not looked at, and by default a change of rules lets nobody in',
    }),
  })
  .openapi('LifecyclePreview')

const history = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}/lifecycle',
    summary: 'The states that a customer was in, and why',
    tags: ['Customers'],
    ...guard.read('read'),
    request: { params: customerParams, query: listQuery },
    responses: { 200: json(listOf(staySchema), 'Newest first'), ...problems(400, 404, 409) },
  })

const report = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/reports/lifecycle',
    summary: 'How many customers went from which state to which, by ISO week',
    tags: TAGS,
    ...guard.read('read'),
    request: {
      query: z.strictObject({
        from: instantSchema.openapi({ description: 'The first week is the one of this instant' }),
        to: instantSchema.openapi({ description: 'Exclusive' }),
      }),
    },
    responses: { 200: json(reportSchema, 'Without test customers'), ...problems(400, 422) },
  })

const preview = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/lifecycle/preview',
    summary: 'Where recorded customers would be under a draft of the lifecycle rules',
    tags: TAGS,
    ...guard.ask('publish'),
    request: {
      body: body(
        z.strictObject({
          document: z.unknown().openapi({ type: 'object', description: 'The draft' }),
          sample: z
            .number()
            .gt(0)
            .max(1)
            .optional()
            .openapi({ description: 'Only this share of the customers, always the same ones' }),
        }),
      ),
    },
    responses: { 200: json(previewSchema, 'Who would move'), ...problems(400, 413, 415, 422) },
  })

/** What the lifecycle was, how it flows, and what it would be. */
export const lifecycleReportRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(history(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [since, turn, ordinal] =
        readCursor(cursor, z.tuple([cursorInstant, z.number().int(), z.number().int()])) ?? []
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      const rows = await listStays(deps.db, {
        customerId,
        limit: limit + 1,
        after:
          since === undefined || turn === undefined || ordinal === undefined
            ? undefined
            : { since, turn, ordinal },
      })
      const answer = toPage(
        rows,
        limit,
        (row) => [row.since, row.turn, row.ordinal],
        ({ state: of, since: from, until, reason, rules }) => ({
          state: of,
          since: from.toISOString(),
          until: until?.toISOString() ?? null,
          reason,
          rules,
        }),
      )
      return c.json(answer, 200)
    })
    .openapi(report(guard), async (c) => {
      const { from, to } = c.req.valid('query')
      const window = { fromMs: Date.parse(from), toMs: Date.parse(to) }
      if (window.toMs <= window.fromMs || window.toMs - window.fromMs > WEEKS_MAX * WEEK_MS)
        throw new DomainError(
          'unacceptable',
          `"to" comes after "from", by at most ${WEEKS_MAX} weeks.`,
        )
      const flows = await listFlows(deps.db, { to: new Date(window.toMs) })
      const weeks = lifecycleWeeks(
        flows.map(({ week, ...flow }) => ({ ...flow, weekMs: week.getTime() })),
        window,
      )
      return c.json(
        {
          weeks: weeks.map(({ fromMs, flows: moved, stock }) => ({
            from: new Date(fromMs).toISOString(),
            flows: moved.map(({ count: customers, ...way }) => ({ ...way, customers })),
            stock: { ...stock },
          })),
        },
        200,
      )
    })
    .openapi(preview(guard), async (c) => {
      const { document, sample } = c.req.valid('json')
      const found = await previewLifecycle(deps.db, { document, sample, nowMs: deps.now() })
      return c.json({ ...found, matrix: [...found.matrix], entries: [...found.entries] }, 200)
    })

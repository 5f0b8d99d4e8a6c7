import { createRoute, z } from '@hono/zod-openapi'
import { listCustomerPages } from '../../db/customer-pages.ts'
import { listTimeline } from '../../db/customer-timeline.ts'
import { listDecisions } from '../../db/decision-pages.ts'
import { listDeliveries } from '../../db/delivery-pages.ts'
import { LIFECYCLE_STATES } from '../../domain/journeys/journey.ts'
import { json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId, loadCustomer } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, filteredListQuery, idSchema, listQuery } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import {
  customerSummarySchema,
  knownCustomerSchema,
  pageDeps,
  timelineEntrySchema,
  toCustomer,
  toCustomerSummary,
  toTimelineEntry,
} from './customer-answers.ts'
import { readFacts } from '../read-facts.ts'
import { readValue } from '../read-value.ts'
import { toCustomerFacts } from './fact-answers.ts'
import { decisionPlace } from './decisions.ts'
import { explainedDecisionSchema, toExplained } from './decision-answers.ts'
import { deliveryPlace, deliverySchema, toDelivery } from './delivery-answers.ts'

const TAGS = ['Customers']

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers',
    summary: 'List customers',
    tags: TAGS,
    ...guard.read('read'),
    request: {
      query: filteredListQuery({
        lifecycle: z.enum(LIFECYCLE_STATES).optional(),
        journey: idSchema
          .optional()
          .openapi({ description: 'Only those with an open run of this journey' }),
        excluded: idSchema.optional().openapi({
          description: 'Only those who are excluded: for this reason, or (`true`) for any',
        }),
      }),
    },
    responses: {
      200: json(listOf(customerSummarySchema), 'Customers, newest first'),
      ...problems(400),
    },
  })

const page = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}',
    summary: 'Where a customer stands',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: customerParams },
    responses: { 200: json(knownCustomerSchema, 'The customer'), ...problems(400, 404, 409) },
  })

/** A list that hangs on one customer. */
const listOfCustomer = <Path extends string, Schema extends z.ZodType>(
  guard: Guard,
  path: Path,
  schema: Schema,
  summary: string,
) =>
  createRoute({
    method: 'get',
    path: `/v1/customers/{id}/${path}`,
    summary,
    tags: TAGS,
    ...guard.read('read'),
    request: { params: customerParams, query: listQuery },
    responses: { 200: json(listOf(schema), 'Newest first'), ...problems(400, 404, 409) },
  })

const timelinePlace = z
  .tuple([cursorInstant, z.number().int().min(0).max(9), z.string()])
  .transform(([at, rank, key]) => ({ at, rank, key }))

const customerPlace = z
  .tuple([cursorInstant, z.string()])
  .transform(([createdAt, customerId]) => ({ createdAt, customerId }))

export const customerRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor, lifecycle, journey, excluded } = c.req.valid('query')
      const after = readCursor(cursor, customerPlace)
      const rows = await listCustomerPages(deps.db, {
        filter: { lifecycle, journey, excluded },
        nowMs: deps.now(),
        limit: limit + 1,
        after,
      })
      const made = await pageDeps(deps)
      const answer = toPage(
        rows,
        limit,
        (row) => [row.createdAt, row.customerId],
        (row) => toCustomerSummary(made, row),
      )
      return c.json(answer, 200)
    })
    .openapi(page(guard), async (c) => {
      const customer = await loadCustomer(deps, c.req.valid('param').id)
      const made = await pageDeps(deps)
      const value = await readValue(deps, customer.customerId)
      const facts = toCustomerFacts(await readFacts(deps, customer))
      return c.json({ ...toCustomer(made, customer), value, ...facts }, 200)
    })
    .openapi(
      listOfCustomer(
        guard,
        'timeline',
        timelineEntrySchema,
        'What happened to a customer, and why',
      ),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const after = readCursor(cursor, timelinePlace)
        const customerId = await findCustomerId(deps, c.req.valid('param').id)
        const rows = await listTimeline(deps.db, { customerId, limit: limit + 1, after })
        return c.json(
          toPage(rows, limit, (row) => [row.at, row.rank, row.key], toTimelineEntry),
          200,
        )
      },
    )
    .openapi(
      listOfCustomer(guard, 'decisions', explainedDecisionSchema, 'Decisions about a customer'),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const after = readCursor(cursor, decisionPlace)
        const customerId = await findCustomerId(deps, c.req.valid('param').id)
        const rows = await listDecisions(deps.db, { customerId, limit: limit + 1, after })
        return c.json(
          toPage(rows, limit, (row) => [row.at, row.decisionId], toExplained),
          200,
        )
      },
    )
    .openapi(
      listOfCustomer(guard, 'deliveries', deliverySchema, 'Messages to a customer'),
      async (c) => {
        const { limit, cursor } = c.req.valid('query')
        const after = readCursor(cursor, deliveryPlace)
        const customerId = await findCustomerId(deps, c.req.valid('param').id)
        const filter = { customerId }
        const rows = await listDeliveries(deps.db, { filter, limit: limit + 1, after })
        return c.json(
          toPage(rows, limit, (row) => [row.at, row.deliveryId], toDelivery),
          200,
        )
      },
    )

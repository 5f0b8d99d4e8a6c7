import { createRoute, z } from '@hono/zod-openapi'
import { findDecision, listDecisions } from '../../db/decision-pages.ts'
import { DomainError } from '../../domain/errors.ts'
import { json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { filteredListQuery, idSchema, textSchema } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import { storedDecisionSchema, toStored } from './decision-answers.ts'

/** Longer than any customer's id with what the actor adds. */
const DECISION_ID_MAX = 1_000

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/decisions',
    summary: 'List decisions across customers, each with what it was decided from',
    tags: ['Decisions'],
    ...guard.read('read'),
    request: {
      query: filteredListQuery({
        customer: idSchema
          .optional()
          .openapi({ description: 'Only those about this customer: the id, or any identity' }),
      }),
    },
    responses: {
      200: json(listOf(storedDecisionSchema), 'Newest first'),
      ...problems(400, 404, 409),
    },
  })

const show = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/decisions/{decisionId}',
    summary: 'One decision, in words, with what it was decided from',
    tags: ['Decisions'],
    ...guard.read('read'),
    request: { params: z.object({ decisionId: textSchema(DECISION_ID_MAX).min(1) }) },
    responses: { 200: json(storedDecisionSchema, 'The decision'), ...problems(400, 404) },
  })

/** Where a list of decisions goes on. */
export const decisionPlace = z
  .tuple([cursorInstant, z.string()])
  .transform(([at, decisionId]) => ({ at, decisionId }))

export const decisionRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor, customer } = c.req.valid('query')
      const after = readCursor(cursor, decisionPlace)
      const customerId = customer === undefined ? undefined : await findCustomerId(deps, customer)
      const rows = await listDecisions(deps.db, { customerId, limit: limit + 1, after })
      return c.json(
        toPage(rows, limit, (row) => [row.at, row.decisionId], toStored),
        200,
      )
    })
    .openapi(show(guard), async (c) => {
      const found = await findDecision(deps.db, c.req.valid('param').decisionId)
      if (found === undefined) throw new DomainError('not_found', 'There is no such decision.')
      return c.json(toStored(found), 200)
    })

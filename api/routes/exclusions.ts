import { createRoute, z } from '@hono/zod-openapi'
import { listExclusions } from '../../db/exclusions.ts'
import { closeExclusion } from '../../operations/close-exclusion.ts'
import { openExclusion } from '../../operations/open-exclusion.ts'
import { body, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, idSchema, instantSchema, listQuery } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import { exclusionSchema, scopeSchema, toExclusion } from './exclusion-answers.ts'

const TAGS = ['Customers']

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}/exclusions',
    summary: 'Why a customer is not to be contacted, now and before',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: customerParams, query: listQuery },
    responses: { 200: json(listOf(exclusionSchema), 'Newest first'), ...problems(400, 404, 409) },
  })

const open = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/customers/{id}/exclusions',
    summary: 'Exclude a customer; in force for sends at once',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      params: customerParams,
      body: body(
        z.strictObject({
          reason: idSchema.openapi({
            description: 'A code or a few words. Shown in the engine too: no personal data',
          }),
          scope: scopeSchema.default({}).openapi({
            description: 'Default: class marketing, on every channel',
          }),
          until: instantSchema.optional().openapi({
            description: "On the customer's clock; default: until somebody closes it",
          }),
          source: idSchema.openapi({ description: 'Who or what knows. No personal data either' }),
        }),
      ),
    },
    responses: {
      201: json(exclusionSchema, 'Excluded'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const close = (guard: Guard) =>
  createRoute({
    method: 'delete',
    path: '/v1/customers/{id}/exclusions/{exclusionId}',
    summary: 'Close an exclusion, whoever opened it',
    tags: TAGS,
    ...guard.bareCommand('operate'),
    request: { params: customerParams.extend({ exclusionId: idSchema }) },
    responses: { 200: json(exclusionSchema, 'Closed'), ...problems(400, 404, 409, 422) },
  })

const place = z
  .tuple([cursorInstant, z.string()])
  .transform(([since, exclusionId]) => ({ since, exclusionId }))

export const exclusionRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const after = readCursor(cursor, place)
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      const rows = await listExclusions(deps.db, { customerId, limit: limit + 1, after })
      return c.json(
        toPage(rows, limit, (row) => [row.since, row.exclusionId], toExclusion),
        200,
      )
    })
    .openapi(open(guard), async (c) => {
      const { until, ...wanted } = c.req.valid('json')
      const { sinceMs, fromMs, untilMs, ...opened } = await openExclusion(deps, {
        ...wanted,
        customerId: await findCustomerId(deps, c.req.valid('param').id),
        ...(until === undefined ? {} : { untilMs: Date.parse(until) }),
        keyId: c.get('caller').keyId,
      })
      const answer = toExclusion({
        ...opened,
        since: new Date(sinceMs),
        inForceFrom: new Date(fromMs),
        until: untilMs === null ? null : new Date(untilMs),
        closed: null,
      })
      return c.json(answer, 201)
    })
    .openapi(close(guard), async (c) => {
      const { id, exclusionId } = c.req.valid('param')
      const closed = await closeExclusion(deps, {
        customerId: await findCustomerId(deps, id),
        exclusionId,
        keyId: c.get('caller').keyId,
      })
      return c.json(toExclusion(closed), 200)
    })

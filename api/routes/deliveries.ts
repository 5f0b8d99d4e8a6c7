import { createRoute, z } from '@hono/zod-openapi'
import { listDeliveries } from '../../db/delivery-pages.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { filteredListQuery, idSchema } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import { DELIVERY_STATUSES, deliveryPlace, deliverySchema, toDelivery } from './delivery-answers.ts'

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/deliveries',
    summary: 'List deliveries to all customers',
    tags: ['Operations'],
    ...guard.read('read'),
    request: {
      query: filteredListQuery({
        journey: idSchema.optional(),
        channel: z.enum(CHANNELS).optional(),
        status: z.enum(DELIVERY_STATUSES).optional(),
      }),
    },
    responses: { 200: json(listOf(deliverySchema), 'Deliveries, newest first'), ...problems(400) },
  })

export const deliveryRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(list(guard), async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    const after = readCursor(cursor, deliveryPlace)
    const rows = await listDeliveries(deps.db, { filter, limit: limit + 1, after })
    return c.json(
      toPage(rows, limit, (row) => [row.at, row.deliveryId], toDelivery),
      200,
    )
  })

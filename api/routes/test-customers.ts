import { createRoute, z } from '@hono/zod-openapi'
import { listTimelineSince } from '../../db/customer-timeline.ts'
import { createTestCustomer } from '../../operations/create-test-customer.ts'
import { fastForward } from '../../operations/fast-forward.ts'
import { body, instant, json, jsonObject, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId, loadCustomer } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, durationSchema, idSchema } from '../inputs.ts'
import { createRouter } from '../router.ts'
import {
  customerSchema,
  pageDeps,
  timelineEntrySchema,
  toCustomer,
  toTimelineEntry,
} from './customer-answers.ts'

/** Lines of a timeline that one leap shows; the rest is on the timeline itself. */
const HAPPENED_MAX = 200

const create = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/test-customers',
    summary: 'Make a test customer, whose clock can be moved and whose mails go to the outbox',
    tags: ['Test customers'],
    ...guard.command('operate'),
    request: {
      body: body(
        z.strictObject({
          userId: idSchema.optional(),
          traits: jsonObject.default({}),
          deliverTo: z.email().max(255).optional().openapi({
            description: 'Where its mails go; default: the outbox',
          }),
        }),
      ),
    },
    responses: { 201: json(customerSchema, 'The customer'), ...problems(400, 409, 413, 415, 422) },
  })

const forward = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/customers/{id}/fast-forward',
    summary: "Move a test customer's clock; answers when all that was due has happened",
    tags: ['Test customers'],
    ...guard.command('operate'),
    request: {
      params: customerParams,
      body: body(z.strictObject({ by: durationSchema.openapi({ example: 'P3D' }) })),
    },
    responses: {
      200: json(
        z.object({ clock: instant, happened: z.array(timelineEntrySchema) }),
        'The clock reached, and what happened on the way, newest first',
      ),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

export const testCustomerRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(create(guard), async (c) => {
      const { userId, traits, deliverTo } = c.req.valid('json')
      const { customerId } = await createTestCustomer(deps, {
        ...(userId === undefined ? {} : { userId }),
        traits,
        ...(deliverTo === undefined ? {} : { deliverTo }),
        keyId: c.get('caller').keyId,
      })
      return c.json(toCustomer(await pageDeps(deps), await loadCustomer(deps, customerId)), 201)
    })
    .openapi(forward(guard), async (c) => {
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      const { fromMs, clockMs } = await fastForward(deps, {
        customerId,
        by: c.req.valid('json').by,
        keyId: c.get('caller').keyId,
      })
      const happened = await listTimelineSince(deps.db, {
        customerId,
        since: new Date(fromMs),
        limit: HAPPENED_MAX,
      })
      const clock = new Date(clockMs).toISOString()
      return c.json({ clock, happened: happened.map(toTimelineEntry) }, 200)
    })

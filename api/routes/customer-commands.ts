import { createRoute, z } from '@hono/zod-openapi'
import { enterJourney } from '../../operations/enter-journey.ts'
import { exitCustomer } from '../../operations/exit-customer.ts'
import { body, json, jsonObject, problems } from '../answers.ts'
import { decisionOfEntry } from '../decision-of-entry.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, idSchema } from '../inputs.ts'
import { createRouter } from '../router.ts'
import { decisionSchema } from './decision-answers.ts'

const exit = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/customers/{id}/exit',
    summary: 'Take a customer out of a journey, or out of all',
    tags: ['Customers'],
    ...guard.command('operate'),
    request: {
      params: customerParams,
      body: body(
        z.strictObject({
          journey: idSchema.optional(),
          reason: idSchema.openapi({
            description: 'A code or a few words. Shown in the engine too: no personal data',
          }),
        }),
      ),
    },
    responses: {
      202: json(
        z.object({ customerId: z.string(), journey: z.string().nullable(), reason: z.string() }),
        'Stored; the actor leaves as soon as it comes to it',
      ),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const entered = z.object({
  customerId: z.string(),
  seq: z.number().int().openapi({ description: "Its number in the customer's log" }),
})

const enter = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/customers/{id}/enter',
    summary: 'Make a journey a candidate for a customer, and hear what was decided',
    description:
      'The live version of the journey must have the trigger { "api": true }. Whether the customer enters is decided by arbitration, as for any other trigger.',
    tags: ['Customers'],
    ...guard.command('operate'),
    request: {
      params: customerParams,
      body: body(
        z.strictObject({
          journey: idSchema,
          properties: jsonObject.optional().openapi({
            description: 'Of the entry event: conditions and messages see them as entry.properties',
          }),
        }),
      ),
    },
    responses: {
      200: json(
        entered.extend({
          decision: decisionSchema.nullable().openapi({
            description: 'Null: no trigger of the journey held, so that nothing was to be decided',
          }),
        }),
        'Decided',
      ),
      202: json(entered, 'Stored, and not yet decided after 5 s'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

export const customerCommandRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(exit(guard), async (c) => {
      const { journey, reason } = c.req.valid('json')
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      await exitCustomer(deps, {
        customerId,
        ...(journey === undefined ? {} : { journey }),
        reason,
        keyId: c.get('caller').keyId,
      })
      return c.json({ customerId, journey: journey ?? null, reason }, 202)
    })
    .openapi(enter(guard), async (c) => {
      const { journey, properties = {} } = c.req.valid('json')
      const customerId = await findCustomerId(deps, c.req.valid('param').id)
      const keyId = c.get('caller').keyId
      const { seq } = await enterJourney(deps, { customerId, journey, properties, keyId })
      const decision = await decisionOfEntry(deps, { customerId, journey, seq })
      if (decision === undefined) return c.json({ customerId, seq }, 202)
      return c.json({ customerId, seq, decision }, 200)
    })

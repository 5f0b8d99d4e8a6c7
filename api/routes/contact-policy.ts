import { createRoute, z } from '@hono/zod-openapi'
import { countByGroup } from '../../db/group-sizes.ts'
import { findRulesInForce } from '../../db/rule-documents.ts'
import { matrixTable } from '../../domain/contact/matrix-table.ts'
import { MESSAGE_CLASSES } from '../../domain/journeys/journey.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { createRouter } from '../router.ts'
import { rulePublisher, ruleReader, ruleRoutes } from './rule-answers.ts'

const TAG = 'Contact policy'

const matrixSchema = z
  .object({
    version: z.number().int().openapi({ description: 'Of the policy; 0: none was published' }),
    rows: z.array(
      z.object({
        group: z.string().nullable().openapi({ description: 'Null: customers of no group' }),
        customers: z.number().int().openapi({
          description: 'Who is in it now, as their actors last said. Test customers are left out',
        }),
        cells: z
          .array(
            z.object({
              class: z.enum(MESSAGE_CLASSES),
              channel: z.enum(CHANNELS),
              do: z.union([
                z.enum(['send', 'hold', 'drop']),
                z.object({ replace: z.string() }).readonly(),
              ]),
            }),
          )
          .readonly(),
      }),
    ),
  })
  .openapi('ContactMatrix')

const matrix = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/contact-policy/matrix',
    summary: 'Show what the matrix does, by customer group, class and channel',
    tags: [TAG],
    ...guard.read('read'),
    responses: { 200: json(matrixSchema, 'Groups in their order, then no group'), ...problems() },
  })

/** Who may be contacted, when and how often. */
export const contactPolicyRoutes = (deps: ApiDeps, guard: Guard) => {
  const { db } = deps
  const routes = ruleRoutes(guard, {
    path: '/v1/contact-policy',
    tag: TAG,
    title: 'the contact policy',
  })
  const read = ruleReader(db, 'contact-policy')
  const publish = rulePublisher(deps, 'contact-policy')
  return createRouter()
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
    .openapi(matrix(guard), async (c) => {
      const [inForce, sizes] = await Promise.all([
        findRulesInForce(db, 'contact-policy'),
        countByGroup(db),
      ])
      const rows = matrixTable(inForce?.document ?? {}, sizes)
      return c.json({ version: inForce?.version ?? 0, rows }, 200)
    })
}

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
    tags: ['Contact policy'],
    ...guard.read('read'),
    responses: { 200: json(matrixSchema, 'Groups in their order, then no group'), ...problems() },
  })

/** Who may be contacted, when and how often, as a table; the policy itself is in `rule-documents.ts`. */
export const contactMatrixRoutes = ({ db }: ApiDeps, guard: Guard) =>
  createRouter().openapi(matrix(guard), async (c) => {
    const [inForce, sizes] = await Promise.all([
      findRulesInForce(db, 'contact-policy'),
      countByGroup(db),
    ])
    const rows = matrixTable(inForce?.document ?? {}, sizes)
    return c.json({ version: inForce?.version ?? 0, rows }, 200)
  })

import { createRoute, z } from '@hono/zod-openapi'
import { listWaitingChanges, type WaitingChangeRow } from '../../db/audience-removal-pages.ts'
import { AD_PLATFORMS } from '../../domain/journeys/values.ts'
import { instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { filteredListQuery, idSchema } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const platform = z.enum(AD_PLATFORMS)

const removalSchema = z
  .object({
    id: z.string(),
    action: z.enum(['remove', 'add']).openapi({
      description: '`add`: the customer’s address has changed, and this is by the new one',
    }),
    platform,
    list: z.string(),
    url: z.string().openapi({ description: 'The system that is told' }),
    customerId: z.string().nullable().openapi({ description: 'Null: of somebody who was erased' }),
    waitsSince: instant,
    tries: z.number().int(),
    nextTryAt: instant.openapi({ description: 'Not before that' }),
    problem: z.string().nullable().openapi({
      description: 'Why the last try failed; null: there was none',
      example: 'http_503',
    }),
  })
  .openapi('AudienceRemoval')

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/audience-removals',
    summary: 'List what advertising platforms are to forget, and have not confirmed',
    description: 'Hashes are not shown. What is done is not listed any more.',
    tags: ['Operations'],
    ...guard.read('read'),
    request: {
      query: filteredListQuery({ platform: platform.optional(), list: idSchema.optional() }),
    },
    responses: {
      200: json(listOf(removalSchema), 'What waits longest comes first'),
      ...problems(400),
    },
  })

const place = z
  .tuple([cursorInstant, z.string()])
  .transform(([waitsSince, id]) => ({ waitsSince, id }))

/** What platforms are still to be told. */
export const audienceRemovalRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(list(guard), async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query')
    const after = readCursor(cursor, place)
    const rows = await listWaitingChanges(deps.db, { filter, limit: limit + 1, after })
    return c.json(
      toPage(rows, limit, (row) => [row.waitsSince, row.id], toRemoval),
      200,
    )
  })

const toRemoval = ({
  status,
  waitsSince,
  nextTryAt,
  ...row
}: WaitingChangeRow): z.infer<typeof removalSchema> => ({
  ...row,
  action: status === 'removing' ? 'remove' : 'add',
  waitsSince: waitsSince.toISOString(),
  nextTryAt: nextTryAt.toISOString(),
})

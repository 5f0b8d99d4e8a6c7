import { createRoute, z } from '@hono/zod-openapi'
import { listCommands } from '../../db/command-pages.ts'
import { instant, json, jsonValue, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { listQuery } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const commandSchema = z
  .object({
    commandId: z.number().int(),
    keyId: z.string().nullable().openapi({ description: 'Who; null for the system itself' }),
    action: z.string(),
    target: z.string(),
    at: instant,
    before: jsonValue,
    after: jsonValue,
  })
  .openapi('Command')

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/commands',
    summary: 'Who changed what, when, and how it was before',
    tags: ['Operations'],
    ...guard.read('read'),
    request: { query: listQuery },
    responses: { 200: json(listOf(commandSchema), 'Commands, newest first'), ...problems(400) },
  })

export const commandRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(list(guard), async (c) => {
    const { limit, cursor } = c.req.valid('query')
    const [beforeId] = readCursor(cursor, z.tuple([z.number().int()])) ?? []
    const rows = await listCommands(deps.db, { limit: limit + 1, beforeId })
    return c.json(
      toPage(
        rows,
        limit,
        (row) => [row.commandId],
        (row) => ({ ...row, at: row.at.toISOString() }),
      ),
      200,
    )
  })

import { createRoute, z } from '@hono/zod-openapi'
import { listQuarantine } from '../../db/quarantine-pages.ts'
import { parseEvent } from '../../operations/parse-event.ts'
import { retryQuarantine } from '../../operations/retry-quarantine.ts'
import { findingSchema, instant, json, jsonValue, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { filteredListQuery, idSchema } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const entrySchema = z
  .object({
    quarantineId: z.string(),
    receivedAt: instant,
    keyId: z.string().nullable(),
    body: jsonValue,
    findings: z.array(findingSchema),
    status: z.string(),
    resolvedAt: instant.nullable(),
  })
  .openapi('QuarantinedEvent')

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/quarantine',
    summary: 'List events that were refused inside a good batch',
    tags: ['Operations'],
    ...guard.read('read'),
    request: { query: filteredListQuery({ status: z.enum(['open', 'resolved']).optional() }) },
    responses: { 200: json(listOf(entrySchema), 'Newest first'), ...problems(400) },
  })

const retry = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/quarantine/{id}/retry',
    summary: 'Accept a quarantined event after all, where it can be read now',
    tags: ['Operations'],
    ...guard.bareCommand('operate'),
    request: { params: z.object({ id: idSchema }) },
    responses: {
      200: json(z.object({ success: z.literal(true), customerId: z.string() }), 'Accepted'),
      ...problems(400, 404, 409, 422),
    },
  })

const place = z
  .tuple([cursorInstant, z.string()])
  .transform(([receivedAt, quarantineId]) => ({ receivedAt, quarantineId }))

export const quarantineRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor, status } = c.req.valid('query')
      const after = readCursor(cursor, place)
      const rows = await listQuarantine(deps.db, { status, limit: limit + 1, after })
      const answer = toPage(
        rows,
        limit,
        (row) => [row.receivedAt, row.quarantineId],
        (row) => ({
          ...row,
          receivedAt: row.receivedAt.toISOString(),
          resolvedAt: row.resolvedAt?.toISOString() ?? null,
        }),
      )
      return c.json(answer, 200)
    })
    .openapi(retry(guard), async (c) => {
      const { customerId } = await retryQuarantine(
        {
          ...deps,
          // When it was sent says nothing any more about how far the sender's clock is off.
          parse: ({ quarantineId, body }) => {
            const read = parseEvent(body, { messageId: quarantineId })
            if (read.event === null) return read.findings
            const { sentAtMs: _, ...event } = read.event
            return event
          },
        },
        { quarantineId: c.req.valid('param').id, keyId: c.get('caller').keyId },
      )
      return c.json({ success: true as const, customerId }, 200)
    })

import { createRoute, z } from '@hono/zod-openapi'
import { sql } from 'kysely'
import { json } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { createRouter } from '../router.ts'

/** A part that has not answered by then counts as missing. */
const PATIENCE_MS = 2_000

const part = z.object({ ok: z.boolean(), reason: z.string().nullable() })
const readiness = z.object({ ready: z.boolean(), sql: part, engine: part })

const live = createRoute({
  method: 'get',
  path: '/healthz',
  summary: 'Whether the process lives',
  tags: ['Health'],
  security: [],
  responses: { 200: json(z.object({ ok: z.literal(true) }), 'It does') },
})

const ready = createRoute({
  method: 'get',
  path: '/readyz',
  summary: 'Whether SQL and the engine can be reached',
  description:
    'With the engine away, events are still accepted and delivered later; without SQL nothing works.',
  tags: ['Health'],
  security: [],
  responses: {
    200: json(readiness, 'Both can'),
    503: json(readiness, 'One or both cannot'),
  },
})

export const healthRoutes = ({ db, checkEngine }: ApiDeps) =>
  createRouter()
    .openapi(live, (c) => c.json({ ok: true as const }, 200))
    .openapi(ready, async (c) => {
      const [store, engine] = await Promise.all([
        look(() => sql`select 1`.execute(db)),
        look(checkEngine),
      ])
      const answer = { ready: store.ok && engine.ok, sql: store, engine }
      return answer.ready ? c.json(answer, 200) : c.json(answer, 503, { 'retry-after': '5' })
    })

async function look(check: () => Promise<unknown>): Promise<z.infer<typeof part>> {
  const { promise: patience, reject } = Promise.withResolvers<never>()
  const timer = setTimeout(
    () => reject(new Error(`no answer within ${PATIENCE_MS} ms`)),
    PATIENCE_MS,
  )
  try {
    await Promise.race([check(), patience])
    return { ok: true, reason: null }
  } catch (error) {
    return { ok: false, reason: error instanceof Error ? error.message : String(error) }
  } finally {
    clearTimeout(timer)
  }
}

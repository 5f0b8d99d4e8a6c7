import { randomUUID } from 'node:crypto'
import { createMiddleware } from 'hono/factory'
import type { ApiEnv } from '../env.ts'

/** What a caller's id may look like, so that it can stand in logs and headers as it is. */
const SANE = /^[\w.:/+=-]{1,128}$/

/** Gives every request an id, the caller's if it is sane, and repeats it in the answer. */
export const requestId = createMiddleware<ApiEnv>(async (c, next) => {
  const given = c.req.header('x-request-id')
  const id = given !== undefined && SANE.test(given) ? given : randomUUID()
  c.set('requestId', id)
  c.header('x-request-id', id)
  await next()
})

import { createMiddleware } from 'hono/factory'
import type { ApiDeps } from '../deps.ts'
import type { ApiEnv } from '../env.ts'

/** Notes when a request came in, before its key is looked up and its body read. */
export const arrival = ({ now }: Pick<ApiDeps, 'now'>) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    c.set('arrivedAtMs', now())
    await next()
  })

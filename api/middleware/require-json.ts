import { createMiddleware } from 'hono/factory'
import { DomainError } from '../../domain/errors.ts'
import type { ApiEnv } from '../env.ts'

const JSON_TYPE = /^application\/([\w.-]+\+)?json\s*(;|$)/i

/**
 * Lets a body pass only if it says that it is JSON.
 *
 * @throws {DomainError} `unsupported_media_type`
 */
export const requireJson = createMiddleware<ApiEnv>(async (c, next) => {
  const type = c.req.header('content-type')
  if (!JSON_TYPE.test(type ?? ''))
    throw new DomainError(
      'unsupported_media_type',
      `Send the body as application/json; it came as ${type ?? 'nothing'}.`,
    )
  await next()
})

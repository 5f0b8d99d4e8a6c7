import { createMiddleware } from 'hono/factory'
import { bodyLimit } from 'hono/body-limit'
import { DomainError } from '../../domain/errors.ts'

const BODY_BYTES_MAX = 500 * 1024

const refuse = (): never => {
  throw new DomainError('too_large', `A body may have at most ${BODY_BYTES_MAX} bytes.`)
}

const limitStream = bodyLimit({ maxSize: BODY_BYTES_MAX, onError: refuse })

/**
 * Stops reading a body at 500 KB. One that says how long it is, as HTTP then holds it to, is judged
 * by that: merely touching the stream costs more than all the rest of the way to a handler.
 *
 * @throws {DomainError} `too_large`
 */
export const limitBody = createMiddleware(async (c, next) => {
  const length = c.req.header('content-length')
  if (length === undefined || c.req.header('transfer-encoding') !== undefined)
    return limitStream(c, next)
  if (Number(length) > BODY_BYTES_MAX) refuse()
  await next()
})

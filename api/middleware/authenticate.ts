import type { Context } from 'hono'
import { createMiddleware } from 'hono/factory'
import { DomainError } from '../../domain/errors.ts'
import type { Scope } from '../../domain/scopes.ts'
import type { ApiEnv, Caller } from '../env.ts'
import type { KeyRing } from '../key-ring.ts'

/**
 * Lets a request pass whose key has `scope`, and leaves its caller in the context.
 *
 * @throws {DomainError} `unauthenticated`, `forbidden`
 */
export const authenticate = (keys: KeyRing, scope: Scope) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    c.set('caller', await admit(keys, secretInHeader(c), scope))
    await next()
  })

/**
 * As `authenticate` for scope `ingest`; where the header is missing, the `writeKey` in the body
 * counts, as browsers send it. Such a key is public, so it lends this request scope `ingest` only.
 *
 * @throws {DomainError} `unauthenticated`, `forbidden`
 */
export const authenticateIngest = (keys: KeyRing) =>
  createMiddleware<ApiEnv>(async (c, next) => {
    const inHeader = secretInHeader(c)
    if (inHeader === undefined) {
      const { keyId } = await admit(keys, await writeKeyInBody(c), 'ingest')
      c.set('caller', { keyId, scopes: ['ingest'] })
    } else c.set('caller', await admit(keys, inHeader, 'ingest'))
    await next()
  })

async function admit(keys: KeyRing, secret: string | undefined, scope: Scope): Promise<Caller> {
  if (secret === undefined)
    throw new DomainError(
      'unauthenticated',
      'Send a key: "Authorization: Bearer <key>", or Basic with the key as user name.',
    )
  const caller = await keys.find(secret)
  if (caller === undefined)
    throw new DomainError('unauthenticated', 'The key is unknown or was revoked.')
  if (!caller.scopes.includes(scope))
    throw new DomainError(
      'forbidden',
      `This needs a key with scope ${scope}; yours has ${caller.scopes.join(', ') || 'none'}.`,
    )
  return caller
}

/** The key of `Bearer <key>`, or the user name of `Basic`. */
function secretInHeader(c: Context<ApiEnv>): string | undefined {
  const header = c.req.header('authorization')
  if (header === undefined) return undefined
  const [, scheme = '', credentials = ''] = /^(\S+)\s+(\S+)\s*$/.exec(header) ?? []
  if (scheme.toLowerCase() === 'bearer') return credentials
  if (scheme.toLowerCase() !== 'basic') return undefined
  const [userName] = Buffer.from(credentials, 'base64').toString('utf8').split(':')
  return userName === '' ? undefined : userName
}

/** Undefined too when the body is no JSON: without a key nobody is told what else is wrong. */
async function writeKeyInBody(c: Context<ApiEnv>): Promise<string | undefined> {
  const text = await c.req.text()
  try {
    const body: unknown = JSON.parse(text)
    if (typeof body !== 'object' || body === null || !('writeKey' in body)) return undefined
    return typeof body.writeKey === 'string' && body.writeKey !== '' ? body.writeKey : undefined
  } catch {
    return undefined
  }
}

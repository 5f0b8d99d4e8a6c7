import { createRoute, z } from '@hono/zod-openapi'
import { listKeys, type ApiKey } from '../../db/api-keys.ts'
import type { JsonValue } from '../../domain/json.ts'
import { SCOPES } from '../../domain/scopes.ts'
import { createKey } from '../../operations/create-key.ts'
import { revokeKey } from '../../operations/revoke-key.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const keySchema = z
  .object({
    keyId: z.string(),
    name: z.string(),
    scopes: z.array(z.enum(SCOPES)),
    createdAt: instant,
    revokedAt: instant.nullable(),
  })
  .openapi('Key')

const newKeySchema = z.strictObject({
  name: idSchema,
  scopes: z.array(z.enum(SCOPES)).min(1),
})

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/keys',
    summary: 'List keys, ended ones too',
    tags: ['Keys'],
    ...guard.read('admin'),
    request: { query: listQuery },
    responses: { 200: json(listOf(keySchema), 'Keys by id'), ...problems(400) },
  })

const create = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/keys',
    summary: 'Make a key; its secret is shown in this answer only',
    tags: ['Keys'],
    ...guard.command('admin', withoutSecret),
    request: { body: body(newKeySchema) },
    responses: {
      201: json(
        keySchema.extend({
          secret: z.string().nullable().openapi({
            description:
              'Null when the answer is repeated for an Idempotency-Key: it is not stored',
          }),
        }),
        'The key',
      ),
      ...problems(400, 409, 413, 415, 422),
    },
  })

const revoke = (guard: Guard) =>
  createRoute({
    method: 'delete',
    path: '/v1/keys/{id}',
    summary: 'End a key',
    tags: ['Keys'],
    ...guard.bareCommand('admin'),
    request: { params: z.object({ id: idSchema }) },
    responses: { 204: { description: 'Ended' }, ...problems(400, 404, 409, 422) },
  })

export const keyRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [afterId] = readCursor(cursor, z.tuple([z.string()])) ?? []
      const rows = await listKeys(deps.db, { limit: limit + 1, afterId })
      return c.json(
        toPage(rows, limit, (key) => [key.keyId], toAnswer),
        200,
      )
    })
    .openapi(create(guard), async (c) => {
      const { secret, ...key } = await createKey(deps, {
        ...c.req.valid('json'),
        by: c.get('caller').keyId,
      })
      guard.forgetKeys()
      return c.json({ ...toAnswer(key), secret }, 201)
    })
    .openapi(revoke(guard), async (c) => {
      await revokeKey(deps, { keyId: c.req.valid('param').id, by: c.get('caller').keyId })
      guard.forgetKeys()
      return c.body(null, 204)
    })

const toAnswer = (key: ApiKey) => ({
  ...key,
  scopes: [...key.scopes],
  createdAt: key.createdAt.toISOString(),
  revokedAt: key.revokedAt?.toISOString() ?? null,
})

function withoutSecret(answer: JsonValue): JsonValue {
  const isKey = typeof answer === 'object' && answer !== null && 'secret' in answer
  return isKey ? { ...answer, secret: null } : answer
}

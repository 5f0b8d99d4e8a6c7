import { createRoute, z } from '@hono/zod-openapi'
import {
  countRollout,
  findRollout,
  listRollouts,
  type RolloutRow,
} from '../../db/lifecycle-rollouts.ts'
import { rolloutSchema } from '../../domain/customers/lifecycle-document.schema.ts'
import { DomainError } from '../../domain/errors.ts'
import { changeRollout } from '../../operations/change-rollout.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { listQuery } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Lifecycle']
const count = z.number().int()

const answerSchema = z
  .object({
    version: count,
    canary: z.number(),
    perSecond: count,
    status: z.enum(['running', 'paused', 'done', 'superseded']),
    told: count.openapi({ description: 'Customers told so far, without test customers' }),
    createdAt: instant,
    createdBy: z.string().nullable(),
    updatedAt: instant,
  })
  .openapi('LifecycleRollout')

const detailSchema = answerSchema
  .extend({
    people: z.object({
      all: count.openapi({ description: 'Who has an actor, and is to be told' }),
      told: count,
      waiting: count.openapi({ description: 'Told, and not taken up by their actor yet' }),
      moved: count.openapi({ description: 'Whose state changed by these rules alone' }),
    }),
  })
  .openapi('LifecycleRolloutWithPeople')

const params = z.object({ version: z.coerce.number().int().min(1).max(2_147_483_647) })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/lifecycle/rollouts',
    summary: 'List how publications of lifecycle rules were brought to everybody',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: { 200: json(listOf(answerSchema), 'Newest first'), ...problems(400) },
  })

const one = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/lifecycle/rollouts/{version}',
    summary: 'How far a version of the lifecycle rules was brought',
    tags: TAGS,
    ...guard.read('read'),
    request: { params },
    responses: { 200: json(detailSchema, 'The rollout'), ...problems(400, 404) },
  })

const pause = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/lifecycle/rollouts/{version}/pause',
    summary: 'Tell nobody else; events still bring the new rules',
    tags: TAGS,
    ...guard.bareCommand('publish'),
    request: { params },
    responses: { 200: json(answerSchema, 'The rollout'), ...problems(400, 404, 409, 413, 422) },
  })

const resume = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/lifecycle/rollouts/{version}/resume',
    summary: 'Go on, with a larger share or another rate where one is named',
    tags: TAGS,
    ...guard.command('publish'),
    request: { params, body: body(rolloutSchema.omit({ entries: true })) },
    responses: {
      200: json(answerSchema, 'The rollout'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

/** How lifecycle rules come to those to whom nothing happens. */
export const lifecycleRolloutRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [before] = readCursor(cursor, z.tuple([z.number().int()])) ?? []
      const rows = await listRollouts(deps.db, { limit: limit + 1, before })
      return c.json(
        toPage(rows, limit, (row) => [row.version], toAnswer),
        200,
      )
    })
    .openapi(one(guard), async (c) => {
      const { version } = c.req.valid('param')
      const row = await findRollout(deps.db, version)
      if (row === undefined)
        throw new DomainError(
          'not_found',
          `Version ${version} of the lifecycle rules has no rollout.`,
        )
      const people = { ...(await countRollout(deps.db, version)), told: row.told }
      return c.json({ ...toAnswer(row), people }, 200)
    })
    .openapi(pause(guard), async (c) => {
      const { keyId } = c.get('caller')
      const { version } = c.req.valid('param')
      return c.json(
        toAnswer(await changeRollout(deps, { version, change: { type: 'pause' }, keyId })),
        200,
      )
    })
    .openapi(resume(guard), async (c) => {
      const { canary, perSecond } = c.req.valid('json')
      const change = {
        type: 'resume' as const,
        ...(canary === undefined ? {} : { share: canary }),
        ...(perSecond === undefined ? {} : { perSecond }),
      }
      const { keyId } = c.get('caller')
      const { version } = c.req.valid('param')
      return c.json(toAnswer(await changeRollout(deps, { version, change, keyId })), 200)
    })

function toAnswer(row: RolloutRow) {
  const { version, share, perSecond, status, told, createdAt, createdBy, updatedAt } = row
  return {
    version,
    canary: share,
    perSecond,
    status,
    told,
    createdAt: createdAt.toISOString(),
    createdBy,
    updatedAt: updatedAt.toISOString(),
  }
}

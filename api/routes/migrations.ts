import { createRoute, z } from '@hono/zod-openapi'
import { findMigration, listMigrations } from '../../db/journey-migrations.ts'
import { findJourney } from '../../db/journey-pages.ts'
import { listLeft, listProgress } from '../../db/migration-runs.ts'
import { DomainError } from '../../domain/errors.ts'
import { changeMigration, type MigrationChange } from '../../operations/change-migration.ts'
import { judgePlan } from '../../operations/judge-plan.ts'
import { startMigration } from '../../operations/start-migration.ts'
import { body, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import {
  migrationDetailSchema,
  migrationSchema,
  previewSchema,
  toMigration,
  toMigrationDetail,
  toPreview,
} from './migration-answers.ts'

const TAGS = ['Journeys']
const PER_SECOND_DEFAULT = 50
/** The sweeper brings about as many as this. */
const PER_SECOND_MAX = 500
const LEFT_MAX = 100

const keyParams = z.object({ key: idSchema })
const migrationParams = keyParams.extend({ id: idSchema })
const versionNumber = z.number().int().min(1).max(2_147_483_647)
const canary = z.number().gt(0).max(1).openapi({
  description: 'The share of the people who are moved, by hash, above 0; 1 is everybody',
})

const plan = z.strictObject({
  from: versionNumber,
  to: versionNumber,
  steps: z.record(idSchema, idSchema).openapi({
    description: 'Step of the old version → step of the new one, "exit" or "stay"',
  }),
  canary: canary.optional(),
  resend: z
    .boolean()
    .optional()
    .openapi({ description: 'People may get a message again that they already got' }),
  perSecond: z
    .number()
    .int()
    .min(1)
    .max(PER_SECOND_MAX)
    .optional()
    .openapi({
      description: `Customers asked in a second; default ${PER_SECOND_DEFAULT}`,
    }),
  dryRun: z.boolean().optional().openapi({ description: 'Say what would happen; change nothing' }),
})

const start = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/migrations',
    summary: 'Move the people inside one version to another, or say what that would do',
    tags: TAGS,
    ...guard.command('publish'),
    request: { params: keyParams, body: body(plan) },
    responses: {
      200: json(previewSchema, 'With `dryRun`: who stands where, and where they would go'),
      201: json(migrationSchema, 'The migration, which goes on by itself'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/journeys/{key}/migrations',
    summary: 'List the migrations of a journey',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: keyParams, query: listQuery },
    responses: { 200: json(listOf(migrationSchema), 'Newest first'), ...problems(400, 404) },
  })

const one = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/journeys/{key}/migrations/{id}',
    summary: 'How far a migration is, by step',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: migrationParams },
    responses: { 200: json(migrationDetailSchema, 'The migration'), ...problems(400, 404) },
  })

const change = (guard: Guard, path: 'pause' | 'undo', summary: string) =>
  createRoute({
    method: 'post',
    path: `/v1/journeys/{key}/migrations/{id}/${path}` as const,
    summary,
    tags: TAGS,
    ...guard.bareCommand('publish'),
    request: { params: migrationParams },
    responses: {
      200: json(migrationSchema, 'The migration'),
      ...problems(400, 404, 409, 413, 422),
    },
  })

const pause = (guard: Guard) =>
  change(guard, 'pause', 'Ask nobody else; who was asked already still moves')

const undo = (guard: Guard) =>
  change(guard, 'undo', 'Bring back everybody who was moved and has taken no step since')

const resume = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/migrations/{id}/resume',
    summary: 'Go on, with a larger share where one is named',
    tags: TAGS,
    ...guard.command('publish'),
    request: {
      params: migrationParams,
      body: body(z.strictObject({ canary: canary.optional() })),
    },
    responses: {
      200: json(migrationSchema, 'The migration'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

export const migrationRoutes = (deps: ApiDeps, guard: Guard) => {
  const changed = async (
    { key, id }: z.infer<typeof migrationParams>,
    what: MigrationChange,
    keyId: string | null,
  ) => {
    const row = await changeMigration(deps, { journey: key, migrationId: id, change: what, keyId })
    return toMigration(row, await listProgress(deps.db, [id]))
  }
  return createRouter()
    .openapi(start(guard), async (c) => {
      const { dryRun = false, canary: share = 1, resend = false, ...rest } = c.req.valid('json')
      const { perSecond = PER_SECOND_DEFAULT, ...versions } = rest
      const asked = { ...versions, journey: c.req.valid('param').key, share, resend }
      if (dryRun) return c.json(toPreview(asked, await judgePlan(deps.db, asked)), 200)
      const { keyId } = c.get('caller')
      const row = await startMigration(deps, { ...asked, perSecond, keyId })
      return c.json(toMigration(row, await listProgress(deps.db, [row.migrationId])), 201)
    })
    .openapi(list(guard), async (c) => {
      const { key } = c.req.valid('param')
      const { limit, cursor } = c.req.valid('query')
      const [createdAt, migrationId] =
        readCursor(cursor, z.tuple([cursorInstant, z.string()])) ?? []
      if ((await findJourney(deps.db, key)) === undefined)
        throw new DomainError('not_found', `There is no journey "${key}".`)
      const rows = await listMigrations(deps.db, {
        journey: key,
        limit: limit + 1,
        before:
          createdAt === undefined || migrationId === undefined
            ? undefined
            : { createdAt, migrationId },
      })
      const progress = await listProgress(
        deps.db,
        rows.map((row) => row.migrationId),
      )
      const answer = toPage(
        rows,
        limit,
        (row) => [row.createdAt, row.migrationId],
        (row) => toMigration(row, progress),
      )
      return c.json(answer, 200)
    })
    .openapi(one(guard), async (c) => {
      const { key, id } = c.req.valid('param')
      const row = await findMigration(deps.db, id)
      if (row === undefined || row.journey !== key)
        throw new DomainError('not_found', `There is no migration "${id}" of "${key}".`)
      const progress = await listProgress(deps.db, [id])
      const left = await listLeft(deps.db, id, LEFT_MAX)
      return c.json(toMigrationDetail(row, progress, left), 200)
    })
    .openapi(pause(guard), async (c) =>
      c.json(await changed(c.req.valid('param'), { type: 'pause' }, c.get('caller').keyId), 200),
    )
    .openapi(resume(guard), async (c) => {
      const { canary: share } = c.req.valid('json')
      const what = { type: 'resume', ...(share === undefined ? {} : { share }) } as const
      return c.json(await changed(c.req.valid('param'), what, c.get('caller').keyId), 200)
    })
    .openapi(undo(guard), async (c) =>
      c.json(await changed(c.req.valid('param'), { type: 'undo' }, c.get('caller').keyId), 200),
    )
}

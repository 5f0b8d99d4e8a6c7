import { createRoute, z } from '@hono/zod-openapi'
import { listEntryRuns, type EntryRun } from '../../db/entry-runs.ts'
import { findLatestVersion } from '../../db/journey-versions.ts'
import { DomainError } from '../../domain/errors.ts'
import { audienceEntrySchema } from '../../domain/journeys/journey.schema.ts'
import { beginEntry } from '../../operations/begin-entry.ts'
import { changeEntry } from '../../operations/change-entry.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Audiences']
const whole = z.number().int()

const runSchema = z
  .object({
    id: z.string(),
    journey: z.string(),
    audience: z.string(),
    audienceHash: z.string(),
    status: z.enum(['running', 'paused', 'done', 'superseded']).openapi({
      description: '`superseded`: the journey takes nobody from that audience any more',
    }),
    perSecond: whole,
    looked: whole.openapi({ description: 'Customers looked at, without test customers' }),
    matching: whole.openapi({ description: 'Of those, who belong to the audience' }),
    failed: whole.openapi({ description: 'On whose data the condition failed' }),
    entered: whole.openapi({
      description: 'For whom the journey was made a candidate; arbitration decides who is in it',
    }),
    begunAt: instant,
    begunBy: z.string().nullable().openapi({ description: 'A key; null: the schedule' }),
    updatedAt: instant,
  })
  .openapi('EntryRun')

const keyParams = z.object({ key: idSchema })
const runParams = keyParams.extend({ id: idSchema })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/journeys/{key}/entries',
    summary: 'List the entries of audiences into a journey',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: keyParams, query: listQuery },
    responses: { 200: json(listOf(runSchema), 'Newest first'), ...problems(400, 404) },
  })

const begin = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/entries',
    summary: 'Have the audience of a journey enter now, without waiting for its time',
    tags: TAGS,
    ...guard.bareCommand('publish'),
    request: { params: keyParams },
    responses: { 201: json(runSchema, 'It begins'), ...problems(400, 404, 409, 413, 422) },
  })

const pause = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/entries/{id}/pause',
    summary: 'Let nobody else of the audience in for now',
    tags: TAGS,
    ...guard.bareCommand('publish'),
    request: { params: runParams },
    responses: { 200: json(runSchema, 'The entry'), ...problems(400, 404, 409, 413, 422) },
  })

const resume = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/entries/{id}/resume',
    summary: 'Go on, at another rate where one is named',
    tags: TAGS,
    ...guard.command('publish'),
    request: { params: runParams, body: body(audienceEntrySchema.pick({ perSecond: true })) },
    responses: { 200: json(runSchema, 'The entry'), ...problems(400, 404, 409, 413, 415, 422) },
  })

/** How audiences enter journeys. */
export const entryRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [begunAt, entryId] = readCursor(cursor, z.tuple([cursorInstant, z.string()])) ?? []
      const { key } = c.req.valid('param')
      if ((await findLatestVersion(deps.db, key)) === undefined)
        throw new DomainError('not_found', `There is no journey "${key}".`)
      const rows = await listEntryRuns(deps.db, {
        journey: key,
        limit: limit + 1,
        before: begunAt === undefined || entryId === undefined ? undefined : { begunAt, entryId },
      })
      return c.json(
        toPage(rows, limit, (row) => [row.begunAt, row.entryId], toAnswer),
        200,
      )
    })
    .openapi(begin(guard), async (c) => {
      const { key: journey } = c.req.valid('param')
      const { keyId } = c.get('caller')
      return c.json(toAnswer(await beginEntry(deps, { journey, keyId })), 201)
    })
    .openapi(pause(guard), async (c) => {
      const { key: journey, id: entryId } = c.req.valid('param')
      const { keyId } = c.get('caller')
      const change = { type: 'pause' as const }
      return c.json(toAnswer(await changeEntry(deps, { journey, entryId, change, keyId })), 200)
    })
    .openapi(resume(guard), async (c) => {
      const { key: journey, id: entryId } = c.req.valid('param')
      const { keyId } = c.get('caller')
      const change = { type: 'resume' as const, ...c.req.valid('json') }
      return c.json(toAnswer(await changeEntry(deps, { journey, entryId, change, keyId })), 200)
    })

const toAnswer = (run: EntryRun) => ({
  id: run.entryId,
  journey: run.journey,
  audience: run.audience,
  audienceHash: run.audienceHash,
  status: run.status,
  perSecond: run.perSecond,
  looked: run.looked,
  matching: run.matching,
  failed: run.failed,
  entered: run.entered,
  begunAt: run.begunAt.toISOString(),
  begunBy: run.begunBy,
  updatedAt: run.updatedAt.toISOString(),
})

import { createRoute, z } from '@hono/zod-openapi'
import {
  findJourney,
  findVersion,
  listConditionFailures,
  listHeadCounts,
  listJourneys,
  listLiveVersions,
  listVersions,
} from '../../db/journey-pages.ts'
import { DomainError } from '../../domain/errors.ts'
import { checkJourney } from '../../domain/journeys/journey-problems.ts'
import { publishJourney } from '../../operations/publish-journey.ts'
import { body, findingSchema, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery, textSchema } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import {
  journeySchema,
  toFailures,
  toJourney,
  toVersion,
  versionSchema,
  versionWithDefinitionSchema,
} from './journey-answers.ts'

const TAGS = ['Journeys']

/** Whatever it is: the checker names everything that keeps it from being a journey. */
const definition = z.unknown().openapi({ type: 'object', description: 'A journey definition' })
const keyParams = z.object({ key: idSchema })

const check = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/check',
    summary: 'Say everything that is wrong with a journey, and what it would touch',
    tags: TAGS,
    ...guard.ask('publish'),
    request: { body: body(definition) },
    responses: {
      200: json(
        z.object({
          ok: z.boolean(),
          findings: z.array(findingSchema),
          effects: z.object({
            events: z.array(z.string()),
            traits: z.array(z.string()),
            channels: z.array(z.string()),
          }),
        }),
        'The verdict',
      ),
      ...problems(400, 413, 415),
    },
  })

const published = z.object({
  key: z.string(),
  version: z.number().int(),
  hash: z.string(),
  publishedAt: instant,
  note: z.string().nullable(),
})

const publish = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/versions',
    summary: 'Publish a journey: new entries take this version from now on',
    tags: TAGS,
    ...guard.command('publish'),
    request: {
      params: keyParams,
      query: z.strictObject({ note: textSchema(1_000).optional() }),
      body: body(definition),
    },
    responses: {
      200: json(published, 'The live version has this very content; nothing was changed'),
      201: json(published, 'Published'),
      ...problems(400, 409, 413, 415, 422),
    },
  })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/journeys',
    summary: 'List journeys with their head-counts',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: { 200: json(listOf(journeySchema), 'Journeys by key'), ...problems(400) },
  })

const one = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/journeys/{key}',
    summary: 'A journey with its versions and head-counts',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: keyParams },
    responses: {
      200: json(journeySchema.extend({ versions: z.array(versionSchema) }), 'The journey'),
      ...problems(400, 404),
    },
  })

const version = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/journeys/{key}/versions/{version}',
    summary: 'A version with its definition',
    tags: TAGS,
    ...guard.read('read'),
    request: {
      params: keyParams.extend({ version: z.coerce.number().int().min(1).max(2_147_483_647) }),
    },
    responses: { 200: json(versionWithDefinitionSchema, 'The version'), ...problems(400, 404) },
  })

export const journeyRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(check(guard), (c) => {
      const { journey, findings, effects } = checkJourney(c.req.valid('json'))
      return c.json(
        {
          ok: journey !== null,
          findings: [...findings],
          effects: {
            events: [...effects.events],
            traits: [...effects.traits],
            channels: [...effects.channels],
          },
        },
        200,
      )
    })
    .openapi(publish(guard), async (c) => {
      const { status, publishedAt, ...rest } = await publishJourney(
        { db: deps.db, nowMs: deps.now },
        {
          key: c.req.valid('param').key,
          keyId: c.get('caller').keyId,
          definition: c.req.valid('json'),
          note: c.req.valid('query').note ?? null,
        },
      )
      const answer = { ...rest, publishedAt: publishedAt.toISOString() }
      return status === 'created' ? c.json(answer, 201) : c.json(answer, 200)
    })
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [afterKey] = readCursor(cursor, z.tuple([z.string()])) ?? []
      const rows = await listJourneys(deps.db, { limit: limit + 1, afterKey })
      const keys = rows.map((row) => row.key)
      const [live, counts] = await Promise.all([
        listLiveVersions(deps.db, keys),
        listHeadCounts(deps.db, keys),
      ])
      const answer = toPage(
        rows,
        limit,
        (row) => [row.key],
        (row) => toJourney(row, live, counts),
      )
      return c.json(answer, 200)
    })
    .openapi(one(guard), async (c) => {
      const { key } = c.req.valid('param')
      const row = await findJourney(deps.db, key)
      if (row === undefined) throw new DomainError('not_found', `There is no journey "${key}".`)
      const [versions, counts] = await Promise.all([
        listVersions(deps.db, key),
        listHeadCounts(deps.db, [key]),
      ])
      const answer = {
        ...toJourney(row, versions, counts),
        versions: versions.map((each) => toVersion(each, counts)),
      }
      return c.json(answer, 200)
    })
    .openapi(version(guard), async (c) => {
      const { key, version } = c.req.valid('param')
      const row = await findVersion(deps.db, { key, version })
      if (row === undefined)
        throw new DomainError('not_found', `There is no version ${version} of journey "${key}".`)
      const { definition, ...rest } = row
      const counts = await listHeadCounts(deps.db, [key])
      const conditionFailures = toFailures(await listConditionFailures(deps.db, { key, version }))
      return c.json({ ...toVersion(rest, counts), definition, conditionFailures }, 200)
    })

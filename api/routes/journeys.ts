import { createRoute, z } from '@hono/zod-openapi'
import {
  findJourney,
  listHeadCounts,
  listJourneys,
  listLiveVersions,
  listVersions,
} from '../../db/journey-pages.ts'
import { readKnownNames } from '../../db/known-names.ts'
import { DomainError } from '../../domain/errors.ts'
import { checkJourney } from '../../domain/journeys/journey-problems.ts'
import { pinJourney } from '../../operations/pin-journey.ts'
import { body, findingSchema, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import {
  definitionInput,
  journeySchema,
  toJourney,
  toVersion,
  versionSchema,
} from './journey-answers.ts'

const TAGS = ['Journeys']

const keyParams = z.object({ key: idSchema })

const check = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/check',
    summary: 'Say everything that is wrong with a journey, and what it would touch',
    tags: TAGS,
    ...guard.ask('publish'),
    request: { body: body(definitionInput) },
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

export const journeyRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(check(guard), async (c) => {
      const known = { ...(await readKnownNames(deps.db)), nowMs: Date.now() }
      const checked = checkJourney(c.req.valid('json'), known)
      const { journey, findings } = checked
      const { journey: whole, findings: pinned } =
        journey === null ? { journey, findings: [] } : await pinJourney(deps.db, journey)
      // Where it can send hangs on what it takes from the library.
      const { effects } = whole === journey ? checked : checkJourney(whole)
      const said = new Set(findings.map(({ code, path }) => `${code} ${path}`))
      const more = pinned.filter(({ code, path }) => !said.has(`${code} ${path}`))
      return c.json(
        {
          ok: journey !== null && pinned.every(({ severity }) => severity !== 'error'),
          findings: [...findings, ...more],
          effects: {
            events: [...effects.events],
            traits: [...effects.traits],
            channels: [...effects.channels],
          },
        },
        200,
      )
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

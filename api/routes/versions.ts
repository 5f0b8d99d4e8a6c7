import { createRoute, z } from '@hono/zod-openapi'
import { findVersion, listConditionFailures, listHeadCounts } from '../../db/journey-pages.ts'
import { DomainError } from '../../domain/errors.ts'
import { diffJourneys } from '../../domain/journeys/diff.ts'
import { closeVersion } from '../../operations/close-version.ts'
import { publishJourney, type Published } from '../../operations/publish-journey.ts'
import { rollbackJourney } from '../../operations/rollback-journey.ts'
import { stopVersion } from '../../operations/stop-version.ts'
import { body, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema } from '../inputs.ts'
import { createRouter } from '../router.ts'
import { VERSION_MAX, publicationQuery } from './document-answers.ts'
import {
  definitionInput,
  diffSchema,
  newerVersionAnswer,
  publishedSchema,
  toFailures,
  toVersion,
  versionSchema,
  versionWithDefinitionSchema,
} from './journey-answers.ts'

const TAGS = ['Journeys']

const keyParams = z.object({ key: idSchema })
const versionNumber = z.coerce.number().int().min(1).max(VERSION_MAX)
const versionParams = keyParams.extend({ version: versionNumber })

const publish = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/versions',
    summary: 'Publish a journey: new entries take this version from now on',
    tags: TAGS,
    ...guard.command('publish'),
    request: {
      params: keyParams,
      query: publicationQuery,
      body: body(definitionInput),
    },
    responses: {
      200: json(
        publishedSchema,
        'The live version does the same already; nothing was changed but a title that is new',
      ),
      201: json(publishedSchema, 'Published'),
      ...problems(400, 404, 413, 415, 422),
      409: newerVersionAnswer,
    },
  })

const version = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/journeys/{key}/versions/{version}',
    summary: 'A version with its definition',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: versionParams },
    responses: { 200: json(versionWithDefinitionSchema, 'The version'), ...problems(400, 404) },
  })

const close = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/versions/{version}/close',
    summary: 'Let nobody enter the live version any more; whoever is inside goes on',
    tags: TAGS,
    ...guard.bareCommand('publish'),
    request: { params: versionParams },
    responses: { 200: json(versionSchema, 'The version, closed'), ...problems(400, 404, 409, 422) },
  })

const stop = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/versions/{version}/stop',
    summary: 'Let nobody enter a version any more, and have everybody who is inside leave now',
    tags: TAGS,
    ...guard.bareCommand('publish'),
    request: { params: versionParams },
    responses: {
      200: json(versionSchema, 'The version, stopped; its head-count falls as people leave'),
      ...problems(400, 404, 409, 422),
    },
  })

const rollback = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/journeys/{key}/rollback',
    summary: 'Publish the content of an earlier version again, as a new one',
    tags: TAGS,
    ...guard.command('publish'),
    request: {
      params: keyParams,
      body: body(z.strictObject({ to: z.number().int().min(1).max(VERSION_MAX) })),
    },
    responses: {
      200: json(publishedSchema, 'That content is live already'),
      201: json(publishedSchema, 'Published'),
      ...problems(400, 404, 413, 415, 422),
      409: newerVersionAnswer,
    },
  })

const diff = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/journeys/{key}/diff',
    summary: 'What changed between two versions, by step',
    tags: TAGS,
    ...guard.read('read'),
    request: {
      params: keyParams,
      query: z.strictObject({ from: versionNumber, to: versionNumber }),
    },
    responses: { 200: json(diffSchema, 'The changes'), ...problems(400, 404) },
  })

/** Versions of journeys: published, compared, ended. */
export const versionRoutes = (deps: ApiDeps, guard: Guard) => {
  const { db } = deps
  const publishDeps = { db, nowMs: deps.now }

  const readVersion = async (key: string, number: number) => {
    const row = await findVersion(db, { key, version: number })
    if (row === undefined)
      throw new DomainError('not_found', `There is no version ${number} of journey "${key}".`)
    return row
  }
  const getVersion = async (key: string, number: number) => {
    const { definition, ...rest } = await readVersion(key, number)
    return { definition, shown: toVersion(rest, await listHeadCounts(db, [key])) }
  }

  return createRouter()
    .openapi(publish(guard), async (c) => {
      const { note = null, base } = c.req.valid('query')
      const published = await publishJourney(publishDeps, {
        key: c.req.valid('param').key,
        keyId: c.get('caller').keyId,
        definition: c.req.valid('json'),
        note,
        requestedAtMs: c.get('arrivedAtMs'),
        ...(base === undefined ? {} : { base }),
      })
      const answer = toPublished(published)
      return published.status === 'created' ? c.json(answer, 201) : c.json(answer, 200)
    })
    .openapi(version(guard), async (c) => {
      const { key, version: number } = c.req.valid('param')
      const { definition, shown } = await getVersion(key, number)
      const failures = await listConditionFailures(db, { key, version: number })
      return c.json({ ...shown, definition, conditionFailures: toFailures(failures) }, 200)
    })
    .openapi(close(guard), async (c) => {
      const { key, version: number } = c.req.valid('param')
      await closeVersion(deps, { key, version: number, keyId: c.get('caller').keyId })
      return c.json((await getVersion(key, number)).shown, 200)
    })
    .openapi(stop(guard), async (c) => {
      const { key, version: number } = c.req.valid('param')
      await stopVersion(deps, { key, version: number, keyId: c.get('caller').keyId })
      return c.json((await getVersion(key, number)).shown, 200)
    })
    .openapi(rollback(guard), async (c) => {
      const { key } = c.req.valid('param')
      const { to } = c.req.valid('json')
      const published = await rollbackJourney(publishDeps, {
        key,
        to,
        keyId: c.get('caller').keyId,
        requestedAtMs: c.get('arrivedAtMs'),
      })
      const answer = toPublished(published)
      return published.status === 'created' ? c.json(answer, 201) : c.json(answer, 200)
    })
    .openapi(diff(guard), async (c) => {
      const { key } = c.req.valid('param')
      const { from, to } = c.req.valid('query')
      const [before, after] = [await readVersion(key, from), await readVersion(key, to)]
      const changes = diffJourneys(before.definition, after.definition)
      return c.json({ key, from, to, ...changes }, 200)
    })
}

const toPublished = ({ key, version: number, hash, note, publishedAt }: Published) => ({
  key,
  version: number,
  hash,
  note,
  publishedAt: publishedAt.toISOString(),
})

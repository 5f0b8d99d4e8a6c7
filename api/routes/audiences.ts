import { createRoute, z } from '@hono/zod-openapi'
import { AUDIENCES, type AudienceRow } from '../../db/audiences.ts'
import { findWatch, listMemberships, type AudienceWatch } from '../../db/audience-watches.ts'
import { readKnownNames } from '../../db/known-names.ts'
import type { Audience } from '../../domain/audiences/audience.ts'
import { checkAudience } from '../../domain/audiences/check-audience.ts'
import { DomainError } from '../../domain/errors.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { countAudience } from '../../operations/count-audience.ts'
import { publishAudience } from '../../operations/publish-audience.ts'
import { body, findingSchema, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, idSchema, listQuery } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import {
  documentVersionSchema,
  publicationQuery,
  toDocument,
  toDocumentVersion,
} from './document-answers.ts'
import { newerVersionAnswer } from './journey-answers.ts'

const TAGS = ['Audiences']
const whole = z.number().int()

/** Whatever it is: the checker names everything that keeps it from being an audience. */
const documentInput = z.unknown().openapi({ type: 'object', description: 'An audience' })
const documentSchema: z.ZodType<Audience> = z.any().openapi({ type: 'object' })

const versionSchema = documentVersionSchema(documentSchema).openapi('AudienceVersion')
const audienceSchema = versionSchema.extend({ title: z.string() }).openapi('Audience')
const watchedSchema = audienceSchema
  .extend({
    watched: z
      .object({
        members: whole.openapi({ description: 'Who belongs to it by the last look' }),
        lookedAt: instant.nullable().openapi({ description: 'When the last whole look ended' }),
        looked: whole,
        failed: whole,
        joined: whole,
        left: whole,
        silent: z.boolean().openapi({
          description: 'Nobody is told by this look: it is the first by these rules',
        }),
      })
      .optional()
      .openapi({
        description:
          'Where it is watched: the numbers of the look under way, or of the last one where none is',
      }),
  })
  .openapi('WatchedAudience')
const membershipSchema = z
  .object({ audience: z.string(), title: z.string(), since: instant })
  .openapi('Membership')

const countSchema = z
  .object({
    customers: whole.openapi({ description: 'Looked at, without test customers' }),
    sample: z.number().openapi({ description: 'The share of all customers that was looked at' }),
    matching: whole,
    failed: whole.openapi({
      description: "Customers on whose data the condition failed; they don't count as matching",
    }),
    channels: z
      .array(z.object({ channel: z.enum(CHANNELS), reachable: whole, marketing: whole }))
      .openapi({
        description:
          'Of those who match: to whom the channel leads, and who of them consented to marketing on it',
      }),
  })
  .openapi('AudienceCount')

const keyParams = z.object({ key: idSchema })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/audiences',
    summary: 'List audiences',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: {
      200: json(listOf(audienceSchema), 'Each in its latest version, by key'),
      ...problems(400),
    },
  })

const one = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/audiences/{key}',
    summary: 'An audience in its latest version',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: keyParams },
    responses: { 200: json(watchedSchema, 'The audience'), ...problems(400, 404) },
  })

const ofCustomer = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}/audiences',
    summary: 'The watched audiences that a customer belongs to',
    tags: ['Customers'],
    ...guard.read('read'),
    request: { params: customerParams },
    responses: {
      200: json(z.object({ data: z.array(membershipSchema) }), 'By the last look at each'),
      ...problems(400, 404, 409),
    },
  })

const versions = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/audiences/{key}/versions',
    summary: 'List the versions of an audience, the newest first',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: keyParams, query: listQuery },
    responses: { 200: json(listOf(versionSchema), 'The versions'), ...problems(400, 404) },
  })

const publish = (guard: Guard) =>
  createRoute({
    method: 'put',
    path: '/v1/audiences/{key}',
    summary: 'Publish an audience; live journeys stay with the version they were published with',
    tags: TAGS,
    ...guard.command('publish'),
    request: {
      params: keyParams,
      query: publicationQuery,
      body: body(documentInput),
    },
    responses: {
      200: json(audienceSchema, 'The latest version says the same; at most the title is new'),
      201: json(audienceSchema, 'Published'),
      ...problems(400, 404, 413, 415, 422),
      409: newerVersionAnswer,
    },
  })

const check = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/audiences/check',
    summary: 'Say everything that is wrong with an audience',
    tags: TAGS,
    ...guard.ask('publish'),
    request: { body: body(documentInput) },
    responses: {
      200: json(z.object({ ok: z.boolean(), findings: z.array(findingSchema) }), 'The verdict'),
      ...problems(400, 413, 415),
    },
  })

const count = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/audiences/count',
    summary: 'Count who belongs to an audience now, published or not',
    tags: TAGS,
    ...guard.ask('publish'),
    request: {
      body: body(
        z.strictObject({
          document: z
            .unknown()
            .optional()
            .openapi({ type: 'object', description: 'A draft; in its place: `key`' }),
          key: idSchema.optional().openapi({ description: 'A published audience' }),
          sample: z
            .number()
            .gt(0)
            .max(1)
            .optional()
            .openapi({ description: 'Only this share of the customers, always the same ones' }),
        }),
      ),
    },
    responses: { 200: json(countSchema, 'How many'), ...problems(400, 404, 413, 415, 422) },
  })

/** Customers who have something in common, by a condition. */
export const audienceRoutes = (deps: ApiDeps, guard: Guard) => {
  const { db } = deps
  const getAudience = async (key: string): Promise<AudienceRow> => {
    const found = await AUDIENCES.find(db, key)
    if (found === undefined) throw new DomainError('not_found', `There is no audience "${key}".`)
    return found
  }
  const conditionOf = async (asked: { key?: string | undefined; document?: unknown }) => {
    const { key, document } = asked
    if ((key === undefined) === (document === undefined))
      throw new DomainError('unacceptable', 'Name either a published audience or send a draft.')
    if (key !== undefined) return (await getAudience(key)).document.when
    const { audience, findings } = checkAudience(document)
    if (audience === null)
      throw new DomainError('unacceptable', 'This could not be published as it is.', findings)
    return audience.when
  }

  return createRouter()
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [afterKey] = readCursor(cursor, z.tuple([z.string()])) ?? []
      const rows = await AUDIENCES.list(db, { limit: limit + 1, afterKey })
      return c.json(
        toPage(rows, limit, (row) => [row.key], toDocument),
        200,
      )
    })
    .openapi(one(guard), async (c) => {
      const audience = await getAudience(c.req.valid('param').key)
      const watch = await findWatch(db, audience.key)
      return c.json(
        { ...toDocument(audience), ...(watch === undefined ? {} : { watched: toWatched(watch) }) },
        200,
      )
    })
    .openapi(ofCustomer(guard), async (c) => {
      const memberships = await listMemberships(
        db,
        await findCustomerId(deps, c.req.valid('param').id),
      )
      const data = memberships.map(({ since, ...one }) => ({ ...one, since: since.toISOString() }))
      return c.json({ data }, 200)
    })
    .openapi(versions(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const [before] = readCursor(cursor, z.tuple([z.number().int()])) ?? []
      const { key } = await getAudience(c.req.valid('param').key)
      const rows = await AUDIENCES.listVersions(db, { key, limit: limit + 1, before })
      return c.json(
        toPage(rows, limit, (row) => [row.version], toDocumentVersion),
        200,
      )
    })
    .openapi(publish(guard), async (c) => {
      const { note = null, base } = c.req.valid('query')
      const published = await publishAudience(deps, {
        key: c.req.valid('param').key,
        keyId: c.get('caller').keyId,
        document: c.req.valid('json'),
        note,
        requestedAtMs: c.get('arrivedAtMs'),
        ...(base === undefined ? {} : { base }),
      })
      const answer = toDocument(published)
      return published.status === 'created' ? c.json(answer, 201) : c.json(answer, 200)
    })
    .openapi(check(guard), async (c) => {
      const known = await readKnownNames(db)
      const { audience, findings } = checkAudience(c.req.valid('json'), known)
      return c.json({ ok: audience !== null, findings: [...findings] }, 200)
    })
    .openapi(count(guard), async (c) => {
      const { sample, ...asked } = c.req.valid('json')
      const when = await conditionOf(asked)
      const found = await countAudience(db, { when, sample, nowMs: deps.now() })
      return c.json({ ...found, channels: [...found.channels] }, 200)
    })
}

const toWatched = ({
  members,
  endedAt,
  looked,
  failed,
  joined,
  departed: left,
  silent,
}: AudienceWatch & { readonly members: number }) => ({
  members,
  lookedAt: endedAt?.toISOString() ?? null,
  looked,
  failed,
  joined,
  left,
  silent,
})

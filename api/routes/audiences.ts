import { createRoute, z } from '@hono/zod-openapi'
import { AUDIENCES } from '../../db/audiences.ts'
import { findWatch, listMemberships, type AudienceWatch } from '../../db/audience-watches.ts'
import { readKnownNames } from '../../db/known-names.ts'
import type { Audience } from '../../domain/audiences/audience.ts'
import { checkAudience } from '../../domain/audiences/check-audience.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import type { KnownNames } from '../../domain/journeys/known-names.ts'
import { countAudience } from '../../operations/count-audience.ts'
import { publishAudience } from '../../operations/publish-audience.ts'
import { body, instant, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams } from '../inputs.ts'
import { toDocument } from './document-answers.ts'
import { documentRoutes, documentSchemas, draftOrKey } from './keyed-document-routes.ts'
import { askedDocument, documentRouter, getDocument, type KeyedKind } from './keyed-documents.ts'

const NAMING = {
  path: '/v1/audiences',
  tag: 'Audiences',
  name: 'audience',
  title: 'an audience',
  plural: 'audiences',
} as const
const SCHEMAS = documentSchemas({ version: 'AudienceVersion', latest: 'Audience' })
const whole = z.number().int()

const check = (sent: unknown, known?: KnownNames) => {
  const { audience, findings } = checkAudience(sent, known)
  return { document: audience, findings }
}

const AUDIENCE: KeyedKind<Audience> = {
  name: NAMING.name,
  rows: AUDIENCES,
  check: (sent) => check(sent),
  checkHere: async (sent, db) => check(sent, await readKnownNames(db)),
  publish: publishAudience,
}

const watchedSchema = SCHEMAS.latest
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

const count = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/audiences/count',
    summary: 'Count who belongs to an audience now, published or not',
    tags: [NAMING.tag],
    ...guard.ask('publish'),
    request: {
      body: body(
        z.strictObject({
          ...draftOrKey(NAMING),
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
  const routes = documentRoutes(guard, NAMING, { ...SCHEMAS, shown: watchedSchema })
  return documentRouter(deps, routes, AUDIENCE)
    .openapi(routes.one, async (c) => {
      const audience = await getDocument(db, AUDIENCE, c.req.valid('param').key)
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
    .openapi(count(guard), async (c) => {
      const { sample, ...asked } = c.req.valid('json')
      const { when } = await askedDocument(db, AUDIENCE, asked)
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

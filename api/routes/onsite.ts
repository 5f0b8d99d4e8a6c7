import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createRoute, z } from '@hono/zod-openapi'
import { cors } from 'hono/cors'
import { findNextOnsite } from '../../db/onsite-messages.ts'
import { DomainError } from '../../domain/errors.ts'
import { ONSITE_ACTS } from '../../domain/feedback/onsite-event.ts'
import { ONSITE_KINDS } from '../../domain/journeys/journey.ts'
import { receiveOnsite } from '../../operations/receive-onsite.ts'
import { readOnsite, signOnsite } from '../../platform/onsite-token.ts'
import { body, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema } from '../inputs.ts'
import { createRateLimiter } from '../middleware/limit-rate.ts'
import { LINK_RATE_LIMIT } from '../page-router.ts'
import { createRouter } from '../router.ts'

const SCRIPT = readFileSync(new URL('../onsite/onsite.js', import.meta.url), 'utf8')
const SCRIPT_TAG = `"${createHash('sha256').update(SCRIPT).digest('base64url').slice(0, 22)}"`
/** A page shows an older one for at most a day. */
const SCRIPT_HEADERS = {
  'content-type': 'text/javascript; charset=utf-8',
  'cache-control': 'public, max-age=3600, stale-while-revalidate=86400',
  etag: SCRIPT_TAG,
  'x-content-type-options': 'nosniff',
  'cross-origin-resource-policy': 'cross-origin',
  // Pages may ask for it with a hash of what they expect.
  'access-control-allow-origin': '*',
}
/** How long a browser need not ask again whether it may ask. */
const PREFLIGHT_S = 86_400
/** Tokens that we did not sign are counted for so long as somebody does not send them by the thousand. */
const FORGED = 'forged'

const next = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/onsite/next',
    summary: 'The message that a page is to show to its visitor',
    description:
      'For `/onsite.js`, or a page of your own. Whoever has a write key and knows an id can ask: messages for pages hold nothing personal.',
    tags: ['Onsite'],
    ...guard.ingest(),
    request: {
      body: body(
        z.object({
          writeKey: z.string().optional().openapi({
            description: 'A key with scope `ingest`, where no header holds one',
          }),
          userId: idSchema.optional(),
          anonymousId: idSchema.optional(),
        }),
      ),
    },
    responses: {
      200: json(
        z.object({
          id: z.string().openapi({ description: 'Signed; for what is told of this message' }),
          kind: z.enum(ONSITE_KINDS),
          title: z.string(),
          text: z.string(),
          link: z.string().optional(),
          button: z.string().optional(),
          close: z.string().optional(),
          expiresInMs: z.number().int().openapi({
            description: 'How long it may be shown; no clock of a browser can get that wrong',
          }),
        }),
        'The oldest one that waits; the same again until it was clicked or dismissed',
      ),
      204: { description: 'Nothing waits' },
      ...problems(400, 413, 415),
    },
  })

const told = createRoute({
  method: 'post',
  path: '/v1/onsite/messages/{id}/{act}',
  summary: 'What the visitor did about a message',
  description: 'Without a key and a body: the id is signed. Each counts once.',
  tags: ['Onsite'],
  security: [],
  request: { params: z.object({ id: z.string().max(1_000), act: z.enum(ONSITE_ACTS) }) },
  responses: { 204: { description: 'Noted, now or before' }, ...problems(400, 404, 429) },
})

/** What pages of a shop ask for and tell, and the script that does it for them. */
export const onsiteRoutes = (deps: ApiDeps, guard: Guard) => {
  const take = createRateLimiter(deps.now, LINK_RATE_LIMIT)
  const router = createRouter()
  router.get('/onsite.js', (c) =>
    c.req.header('if-none-match') === SCRIPT_TAG
      ? c.body(null, 304, SCRIPT_HEADERS)
      : c.body(SCRIPT, 200, SCRIPT_HEADERS),
  )
  router.use(
    '/v1/onsite/*',
    cors({
      origin: (origin) => (deps.onsiteOrigins?.includes(origin) === true ? origin : null),
      allowMethods: ['POST'],
      exposeHeaders: ['x-request-id', 'retry-after'],
      maxAge: PREFLIGHT_S,
    }),
    async (c, proceed) => {
      c.header('cache-control', 'no-store')
      await proceed()
    },
  )
  return router
    .openapi(next(guard), async (c) => {
      const { userId, anonymousId } = c.req.valid('json')
      const found = await findNextOnsite(deps.db, { userId, anonymousId }, deps.now())
      if (found === undefined) return c.body(null, 204)
      const { expiresIn: _, ...shown } = found.content
      const id = signOnsite(found.messageId, deps.linkSecret)
      return c.json({ id, ...shown, expiresInMs: found.leftMs }, 200)
    })
    .openapi(told, async (c) => {
      const { id, act } = c.req.valid('param')
      const messageId = readOnsite(id, deps.linkSecret)
      take(messageId ?? FORGED)
      const verdict = await receiveOnsite(deps, messageId, act)
      if (verdict === 'forged' || verdict === 'unknown')
        throw new DomainError('not_found', 'There is no such message.')
      return c.body(null, 204)
    })
}

import { createRoute, z } from '@hono/zod-openapi'
import { findConsentText, listConsentTexts } from '../../db/consent-texts.ts'
import { DomainError } from '../../domain/errors.ts'
import { publishConsentText } from '../../operations/publish-consent-text.ts'
import { body, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, listQuery, textSchema } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import { consentTextSchema, toConsentText } from './consent-answers.ts'

const TAGS = ['Consent']
const WORDING_CHARACTERS_MAX = 20_000

const params = z.object({
  version: idSchema.openapi({ example: 'newsletter-2026-11-es' }),
})

const publish = (guard: Guard) =>
  createRoute({
    method: 'put',
    path: '/v1/consent-texts/{version}',
    summary: 'Publish a wording that people agree to, for good',
    description:
      'A version is one wording in one language and never changes, so that what somebody agreed to can be shown years later.',
    tags: TAGS,
    ...guard.command('publish'),
    request: {
      params,
      body: body(
        z.strictObject({
          locale: z
            .string()
            .regex(/^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/, 'A language such as es or pt-BR')
            .openapi({ example: 'es' }),
          wording: textSchema(WORDING_CHARACTERS_MAX).min(1),
        }),
      ),
    },
    responses: {
      200: json(consentTextSchema, 'The text as it is kept'),
      ...problems(400, 409, 413, 415, 422),
    },
  })

const read = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/consent-texts/{version}',
    summary: 'A wording that people have agreed to',
    tags: TAGS,
    ...guard.read('read'),
    request: { params },
    responses: { 200: json(consentTextSchema, 'The text'), ...problems(400, 404) },
  })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/consent-texts',
    summary: 'All wordings that people agree to',
    tags: TAGS,
    ...guard.read('read'),
    request: { query: listQuery },
    responses: { 200: json(listOf(consentTextSchema), 'Texts by version'), ...problems(400) },
  })

const textPlace = z.tuple([z.string()]).transform(([version]) => version)

export const consentTextRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(publish(guard), async (c) => {
      const { version } = c.req.valid('param')
      const keyId = c.get('caller').keyId
      const text = await publishConsentText(deps, { version, ...c.req.valid('json'), keyId })
      return c.json(toConsentText(text), 200)
    })
    .openapi(read(guard), async (c) => {
      const text = await findConsentText(deps.db, c.req.valid('param').version)
      if (text === undefined) throw new DomainError('not_found', 'There is no such text.')
      return c.json(toConsentText(text), 200)
    })
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const after = readCursor(cursor, textPlace)
      const rows = await listConsentTexts(deps.db, { limit: limit + 1, after })
      return c.json(
        toPage(rows, limit, (row) => [row.version], toConsentText),
        200,
      )
    })

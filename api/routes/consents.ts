import { createRoute, z } from '@hono/zod-openapi'
import { listConsentRequests } from '../../db/consent-requests.ts'
import { listConsentHistory, listConsents } from '../../db/consents.ts'
import { requestConsent } from '../../operations/request-consent.ts'
import { setConsent } from '../../operations/set-consent.ts'
import { body, json, jsonObject, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId, loadCustomer } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, idSchema, instantSchema, listQuery, textSchema } from '../inputs.ts'
import { cursorInstant, readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'
import {
  consentHistorySchema,
  consentRequestSchema,
  consentSchema,
  toConsent,
  toConsentHistory,
  toConsentNow,
  toConsentRequest,
} from './consent-answers.ts'

const TAGS = ['Consent']
const PROOF_CHARACTERS_MAX = 10_000
const TERM_DAYS_MAX = 30

/** What shows a consent, as callers say it. */
const proofSchema = z.union([
  textSchema(PROOF_CHARACTERS_MAX),
  jsonObject.refine(
    (proof) => JSON.stringify(proof).length <= PROOF_CHARACTERS_MAX,
    `A proof has at most ${PROOF_CHARACTERS_MAX} characters`,
  ),
])

const placeParams = customerParams.extend({ purpose: idSchema, channel: idSchema })
const textVersion = idSchema.openapi({ description: 'Of a text in /v1/consent-texts' })

const set = (guard: Guard) =>
  createRoute({
    method: 'put',
    path: '/v1/customers/{id}/consents/{purpose}/{channel}',
    summary: 'Grant or withdraw a consent; in force for sends at once',
    description:
      'Everything said is kept. In force is what was said last, whatever the order in which it comes; of two about the same instant, the no.',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      params: placeParams,
      body: body(
        z.strictObject({
          granted: z.boolean(),
          at: instantSchema.optional().openapi({
            description: "On the customer's clock; default: now",
          }),
          source: idSchema.openapi({ description: 'Where it was given or withdrawn' }),
          proof: proofSchema.nullable().optional(),
          textVersion: textVersion.nullable().optional(),
        }),
      ),
    },
    responses: {
      200: json(consentSchema, 'The consent as it is in force'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const ask = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/customers/{id}/consents/{purpose}/{channel}/requests',
    summary: 'Ask for a consent with double opt-in: granted once its link is confirmed',
    description:
      'The journey `double-opt-in` sends the link. While a request for the same text is open, asking again sends nothing.',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      params: placeParams,
      body: body(
        z.strictObject({
          textVersion,
          source: idSchema.openapi({ description: 'Where it was asked for' }),
          proof: proofSchema.nullable().optional(),
          expiresInDays: z.number().int().min(1).max(TERM_DAYS_MAX).optional().openapi({
            description: 'How long the link is good. Default: 7',
          }),
        }),
      ),
    },
    responses: {
      200: json(consentSchema, 'Confirmed before, for the same text: nobody is asked again'),
      202: json(consentRequestSchema, 'Asked for, now or before'),
      ...problems(400, 404, 409, 413, 415, 422),
    },
  })

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/customers/{id}/consents',
    summary: 'What a customer has agreed to, and all that was ever said about it',
    tags: TAGS,
    ...guard.read('read'),
    request: { params: customerParams, query: listQuery },
    responses: {
      200: json(
        listOf(consentHistorySchema).extend({
          inForce: z.array(consentSchema),
          requests: z.array(consentRequestSchema).openapi({
            description: 'Consents asked for with double opt-in, the latest 50, newest first',
          }),
        }),
        'All that was said, the latest first',
      ),
      ...problems(400, 404, 409),
    },
  })

const historyPlace = z
  .tuple([cursorInstant, z.number().int()])
  .transform(([at, historyId]) => ({ at, historyId }))

export const consentRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(set(guard), async (c) => {
      const { id, purpose, channel } = c.req.valid('param')
      const { at, proof = null, textVersion: text = null, ...said } = c.req.valid('json')
      const { inForce } = await setConsent(deps, {
        ...said,
        customerId: await findCustomerId(deps, id),
        purpose,
        channel,
        ...(at === undefined ? {} : { atMs: Date.parse(at) }),
        ...(proof === null ? {} : { proof }),
        ...(text === null ? {} : { textVersion: text }),
        keyId: c.get('caller').keyId,
      })
      return c.json(toConsentNow({ purpose, channel }, inForce), 200)
    })
    .openapi(ask(guard), async (c) => {
      const { id, purpose, channel } = c.req.valid('param')
      const { expiresInDays, proof = null, ...asked } = c.req.valid('json')
      const { customerId, traits, clockOffsetMs } = await loadCustomer(deps, id)
      const requested = await requestConsent(deps, {
        ...asked,
        customerId,
        purpose,
        channel,
        proof,
        ...(expiresInDays === undefined ? {} : { expiresIn: `P${expiresInDays}D` }),
        keyId: c.get('caller').keyId,
      })
      if (requested.type === 'granted')
        return c.json(toConsentNow({ purpose, channel }, requested.consent), 200)
      const customer = { address: addressOf(traits), nowMs: deps.now() + clockOffsetMs }
      return c.json(toConsentRequest(requested.request, customer), 202)
    })
    .openapi(list(guard), async (c) => {
      const { limit, cursor } = c.req.valid('query')
      const after = readCursor(cursor, historyPlace)
      const { customerId, traits, clockOffsetMs } = await loadCustomer(
        deps,
        c.req.valid('param').id,
      )
      const [rows, inForce, requests] = await Promise.all([
        listConsentHistory(deps.db, { customerId, limit: limit + 1, after }),
        listConsents(deps.db, customerId),
        listConsentRequests(deps.db, customerId),
      ])
      const customer = { address: addressOf(traits), nowMs: deps.now() + clockOffsetMs }
      return c.json(
        {
          inForce: inForce.map(toConsent),
          requests: requests.map((each) => toConsentRequest(each, customer)),
          ...toPage(rows, limit, (row) => [row.at, row.historyId], toConsentHistory),
        },
        200,
      )
    })

const addressOf = ({ email }: { readonly email?: unknown }): string | null =>
  typeof email === 'string' ? email : null

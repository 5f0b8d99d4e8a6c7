import { createRoute, z } from '@hono/zod-openapi'
import type { RankedOffer } from '../../domain/actor/what-next.ts'
import { DomainError } from '../../domain/errors.ts'
import { MESSAGE_CLASSES } from '../../domain/journeys/journey.ts'
import { askNext } from '../../operations/ask-next.ts'
import { body, json, problems } from '../answers.ts'
import { commitNext } from '../commit-next.ts'
import type { ApiDeps } from '../deps.ts'
import { findCustomerId } from '../find-customer.ts'
import type { Guard } from '../guard.ts'
import { customerParams, idSchema, textSchema } from '../inputs.ts'
import { createRouter } from '../router.ts'
import { nextSchema, toNext } from './next-answers.ts'

const OFFERS_MAX = 50
const OFFER_CHARACTERS_MAX = 64
const CONDITION_CHARACTERS_MAX = 2_000

/** What ends up with the actor. */
const nameSchema = textSchema(OFFER_CHARACTERS_MAX).min(1)
const amountSchema = z.number().min(0).max(1e12)

const offerSchema = z.strictObject({
  id: nameSchema.openapi({ description: 'Shown in the engine too: no personal data' }),
  title: textSchema(255).optional().openapi({ description: 'For your own use; kept nowhere' }),
  class: z.enum(MESSAGE_CLASSES).default('marketing'),
  value: amountSchema.openapi({ description: 'What it is worth if it succeeds' }),
  lever: amountSchema.optional(),
  propensity: z.number().min(0).max(1).optional(),
  when: textSchema(CONDITION_CHARACTERS_MAX)
    .min(1)
    .optional()
    .openapi({ description: 'CEL over the customer, as in a journey' }),
  journey: idSchema.optional().openapi({ description: 'Caps of this journey count it' }),
})

const next = (guard: Guard) =>
  createRoute({
    method: 'post',
    path: '/v1/customers/{id}/next',
    summary: 'What now? Ranked, with reasons, for a screen or a page that waits for the answer',
    description:
      'Changes nothing without `commit`. With it the best, or what is named, is done at once, as the caps allow; that needs scope `operate` too.',
    tags: ['Customers'],
    ...guard.command('read'),
    request: {
      params: customerParams,
      body: body(
        z.strictObject({
          channel: nameSchema.optional().openapi({
            description: 'Where offers would be shown: a channel of ours, or a name of your own',
            example: 'call-centre',
          }),
          offers: z.array(offerSchema).max(OFFERS_MAX).default([]),
          commit: z
            .union([
              z.literal(true),
              z.strictObject({ offer: nameSchema }),
              z.strictObject({ journey: idSchema }),
            ])
            .optional(),
        }),
      ),
    },
    responses: {
      200: json(nextSchema, 'What could be done, and what was done'),
      202: json(nextSchema, 'Stored, and not yet decided after 5 s'),
      ...problems(400, 403, 404, 409, 413, 415, 422),
    },
  })

export const nextRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(next(guard), async (c) => {
    const { channel, offers: proposed, commit } = c.req.valid('json')
    const { keyId, scopes } = c.get('caller')
    if (commit !== undefined && !scopes.includes('operate'))
      throw new DomainError('forbidden', 'To commit, a key needs scope operate too.')
    const offers = onChannel(channel, proposed)
    const customerId = await findCustomerId(deps, c.req.valid('param').id)
    const asked = await askNext(deps, { customerId, offers })
    if (commit === undefined) return c.json(toNext(customerId, asked, null), 200)
    const idempotencyKey = c.req.header('idempotency-key')
    const committed = await commitNext(deps, {
      customerId,
      commit,
      offers,
      asked,
      keyId,
      idempotencyKey,
    })
    return c.json(toNext(customerId, asked, committed), committed?.status === 'stored' ? 202 : 200)
  })

/** Consent and caps are judged by channel: without one nothing can be said of an offer. */
function onChannel(
  channel: string | undefined,
  offers: readonly z.output<typeof offerSchema>[],
): RankedOffer[] {
  if (offers.length > 0 && channel === undefined)
    throw new DomainError('malformed', 'The request is wrong in one place.', [
      {
        code: 'missing_field',
        path: '/channel',
        message: 'Say on which channel the offers would be shown: consent and caps go by it',
        severity: 'error',
      },
    ])
  return offers.map(({ title: _title, lever, propensity, when, journey, ...offer }) => ({
    ...offer,
    channel: channel ?? '',
    ...(lever === undefined ? {} : { lever }),
    ...(propensity === undefined ? {} : { propensity }),
    ...(when === undefined ? {} : { when }),
    ...(journey === undefined ? {} : { journey }),
  }))
}

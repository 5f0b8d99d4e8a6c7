import { z } from '@hono/zod-openapi'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { instant, jsonValue } from '../answers.ts'
import type { CustomerFacts } from '../read-facts.ts'

/** What is known of a customer, as members of its page. What there is nothing of is absent. */
export const customerFactsShape = {
  facts: z
    .record(z.string(), z.object({ title: z.string(), value: jsonValue, source: z.string() }))
    .openapi({
      description:
        'Published facts by name, on what is stored now, and where each comes from. One that the customer’s data do not allow is absent',
    }),
  channels: z
    .array(
      z.object({
        channel: z.enum(CHANNELS),
        reachable: z.boolean(),
        because: z.string().optional().openapi({
          description: 'no_address, address_blocked or disposable; absent where it is reachable',
        }),
        marketing: z.boolean().openapi({ description: 'Consent for marketing' }),
      }),
    )
    .openapi({ description: 'Which channels lead to the customer' }),
  cases: z
    .object({
      open: z.number().int(),
      worstSeverity: z
        .number()
        .int()
        .optional()
        .openapi({ description: 'Of the open ones, 1 to 5' }),
      nextPromisedAt: instant.optional().openapi({ description: 'The next promised answer' }),
    })
    .optional()
    .openapi({ description: 'Service cases; absent where there never was one' }),
  calls: z
    .object({
      count: z.number().int(),
      lastAt: instant,
      lastReason: z.string().optional(),
      lastEmotion: z.string().optional(),
    })
    .optional()
    .openapi({ description: 'Events “Call Received”; absent where there was none' }),
  emotion: z
    .object({
      value: z.string(),
      at: instant,
      event: z.string().openapi({ description: 'The event that said so' }),
    })
    .optional()
    .openapi({ description: 'The last that a call, a chat or a case told' }),
  nps: z
    .object({
      score: z.number(),
      at: instant.optional(),
      source: z.string().optional().openapi({ description: 'Who said it' }),
    })
    .optional()
    .openapi({ description: 'From the trait that the case rules take for it; `nps` by default' }),
}

/** Facts as callers see them. */
export function toCustomerFacts({ facts, channels, cases, calls, emotion, nps }: CustomerFacts) {
  return {
    facts,
    channels: channels.map(({ because, ...channel }) => ({
      ...channel,
      ...(because === null ? {} : { because }),
    })),
    ...(cases === undefined ? {} : { cases: toCases(cases) }),
    ...(calls === undefined ? {} : { calls: { ...calls, lastAt: calls.lastAt.toISOString() } }),
    ...(emotion === undefined ? {} : { emotion: { ...emotion, at: emotion.at.toISOString() } }),
    ...(nps === undefined ? {} : { nps: toNps(nps) }),
  }
}

const toCases = ({ nextPromisedAt, ...cases }: NonNullable<CustomerFacts['cases']>) => ({
  ...cases,
  ...(nextPromisedAt === undefined ? {} : { nextPromisedAt: nextPromisedAt.toISOString() }),
})

const toNps = ({ at, ...nps }: NonNullable<CustomerFacts['nps']>) => ({
  ...nps,
  ...(at === undefined ? {} : { at: at.toISOString() }),
})

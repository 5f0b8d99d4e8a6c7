import { z } from '@hono/zod-openapi'
import type { Finding } from '../../domain/errors.ts'
import type { PlayedStory, Story } from '../../domain/play-story.ts'
import { deliveriesOf, timelineOfLife } from '../../domain/simulated-records.ts'
import { toIso } from '../../domain/time.ts'
import type { VersionInPlay } from '../../operations/versions-in-play.ts'
import { findingSchema, jsonValue } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import { customerSchema, timelineEntrySchema, toCustomer } from './customer-answers.ts'
import { decisionSchema, toDecision } from './decision-answers.ts'
import { deliverySchema } from './delivery-answers.ts'
import { toPageRow } from './simulated-page.ts'

/** What only a stored customer has. */
const STORED_ONLY = { identities: true, asOf: true, temporalUrl: true, caps: true } as const

export const simulationSchema = z
  .object({
    journeys: z.array(
      z.object({
        key: z.string(),
        version: z.number().int(),
        draft: z.boolean().openapi({ description: 'The version that a publication would make' }),
      }),
    ),
    findings: z.array(findingSchema).openapi({ description: 'Warnings about the drafts' }),
    timeline: z.array(timelineEntrySchema),
    customer: customerSchema.omit(STORED_ONLY).openapi('SimulatedCustomer'),
    decisions: z.array(decisionSchema),
    deliveries: z.array(
      deliverySchema
        .extend({
          content: jsonValue.openapi({
            description:
              'What it said, every template filled in; null where nothing could be written',
          }),
        })
        .openapi('SimulatedDelivery'),
    ),
  })
  .openapi('SimulationResult')

interface Played {
  readonly story: Story
  readonly played: PlayedStory
  readonly versions: readonly VersionInPlay[]
  readonly warnings: readonly Finding[]
}

/** A simulation as callers see it. */
export function toSimulation(
  { temporalUi }: Pick<ApiDeps, 'temporalUi'>,
  { story, played, versions, warnings }: Played,
): z.infer<typeof simulationSchema> {
  const { life, contents } = played
  const page = toCustomer(
    { now: () => story.untilMs, temporalUi, contact: undefined },
    toPageRow(story, life),
  )
  const { identities: _, asOf: __, temporalUrl: ___, caps: ____, ...customer } = page
  return {
    journeys: versions.map(({ journey, version, draft }) => ({ key: journey.key, version, draft })),
    findings: [...warnings],
    timeline: timelineOfLife(life).map(({ atMs, kind, summary, data }) => ({
      at: toIso(atMs),
      kind,
      summary,
      data,
    })),
    customer,
    decisions: life.decisions
      .map(({ decision, request: { atMs, cause } }) =>
        toDecision({ decisionId: decision.decisionId, at: new Date(atMs), cause, decision }),
      )
      .toReversed(),
    deliveries: deliveriesOf(life)
      .map(({ atMs, ...delivery }) => {
        const { to = null, content = null } = contents.get(delivery.deliveryId) ?? {}
        return {
          ...delivery,
          customerId: story.customerId,
          at: toIso(atMs),
          to,
          content: content && { ...content },
          providerId: null,
        }
      })
      .toReversed(),
  }
}

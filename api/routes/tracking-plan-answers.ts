import { z } from '@hono/zod-openapi'
import type { PlanPart, TrackingPlanReport } from '../../operations/report-tracking-plan.ts'
import { instant } from '../answers.ts'

const counted = z.object({
  count: z.number().int(),
  refused: z.number().int().openapi({ description: 'So many of them were not stored' }),
  firstAt: instant,
  lastAt: instant,
  sources: z.array(z.string()).openapi({ description: 'Who sent them' }),
  messageId: z.string().nullable().openapi({
    description: 'The newest that is stored: look at it in the timeline of its customer',
  }),
})

const part = z.object({
  declared: z.array(
    z.object({
      name: z.string(),
      owner: z.string().nullable(),
      all: counted.nullable().openapi({ description: 'Null: it never came' }),
      invalid: counted.nullable().openapi({ description: 'Those that were not as declared' }),
      broken: z
        .array(counted.extend({ rule: z.string(), message: z.string().nullable() }))
        .openapi({ description: 'By the place in the schema that says otherwise' }),
    }),
  ),
  undeclared: z.array(counted.extend({ name: z.string() })),
})

export const trackingPlanReportSchema = z
  .object({
    version: z.number().int().openapi({ description: 'Of the plan in force; 0: there is none' }),
    since: instant,
    events: part,
    traits: part,
  })
  .openapi('TrackingPlanReport')

type Answer = z.infer<typeof trackingPlanReportSchema>
type Counted = PlanPart['undeclared'][number]

/** As the API tells it. */
export const toTrackingPlanReport = ({
  version,
  since,
  events,
  traits,
}: TrackingPlanReport): Answer => ({
  version,
  since: since.toISOString(),
  events: toPart(events),
  traits: toPart(traits),
})

const toPart = ({ declared, undeclared }: PlanPart): Answer['events'] => ({
  declared: declared.map(({ name, owner, all, invalid, broken }) => ({
    name,
    owner,
    all: all && toCounted(all),
    invalid: invalid && toCounted(invalid),
    broken: broken.map((each) => ({
      ...toCounted(each),
      rule: each.rule,
      message: each.message,
    })),
  })),
  undeclared: undeclared.map((each) => ({ ...toCounted(each), name: each.name })),
})

const toCounted = ({
  count,
  refused,
  firstAt,
  lastAt,
  sources,
  messageId,
}: Omit<Counted, 'name'>) => ({
  count,
  refused,
  firstAt: firstAt.toISOString(),
  lastAt: lastAt.toISOString(),
  sources: [...sources],
  messageId,
})

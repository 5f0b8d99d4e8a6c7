import { createRoute, z } from '@hono/zod-openapi'
import { countReactions, type ReactionCounts } from '../../db/reactions.ts'
import { DomainError } from '../../domain/errors.ts'
import { REACTION_GROUPS } from '../../domain/feedback/reaction-groups.ts'
import { shareOf } from '../../domain/feedback/wilson-interval.ts'
import { CHANNELS } from '../../domain/journeys/values.ts'
import { toIso } from '../../domain/time.ts'
import { instant, json, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { idSchema, instantSchema } from '../inputs.ts'
import { createRouter } from '../router.ts'

const DAYS_DEFAULT = 28
const DAYS_MAX = 366
const DAY_MS = 86_400_000
/** More are a mistake, or a report of a size that nobody reads. */
const GROUPS_MAX = 1_000

const count = z.number().int()
const name = z.string().nullable()
const share = (description: string) =>
  z
    .object({
      count,
      of: count,
      rate: z.number().nullable(),
      low: z.number().nullable(),
      high: z.number().nullable(),
    })
    .openapi({ description: `${description}. \`low\` to \`high\`: Wilson’s interval of 95 %` })

const groupSchema = z
  .object({
    journey: name,
    version: count.nullable(),
    message: name,
    variant: name.openapi({ description: '`<step>:<arm or variant>`' }),
    channel: name,
    day: name.openapi({ description: 'UTC, when it was sent' }),
    sent: count,
    unknown: count.openapi({
      description: 'May have gone out as well: whoever sent it was cut off. In no rate',
    }),
    delivered: count.openapi({ description: 'Sent, and not bounced' }),
    bounced: share('Of sent mails, and of texts and notifications of which a report came'),
    confirmed: share('To have arrived, of texts and notifications of which a report came'),
    complained: share('Of delivered mails'),
    unsubscribed: share('By a link of the message, of delivered ones'),
    opened: share('By a person, of delivered ones that are followed; whoever clicked has opened'),
    machineOpened: share('By a machine, of the same; a person may have opened it too'),
    clicked: share('By a person, of delivered ones that are followed'),
    clickedOfOpened: share('Of opened ones'),
  })
  .openapi('Reactions')

const report = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/reports/reactions',
    summary:
      'Bounces, complaints, opens and clicks of what was sent, as rates with their intervals',
    description:
      'A delivery counts once, however often it was opened, and in the window in which it was sent. Test customers are left out.',
    tags: ['Feedback'],
    ...guard.read('read'),
    request: {
      query: z.strictObject({
        by: z.enum(REACTION_GROUPS).default('message').openapi({
          description:
            'A row for each version, message, channel or day; for each variant of a message that a split or a choice led to, where a delivery with several counts once for each',
        }),
        journey: idSchema.optional(),
        version: z.coerce.number().int().min(1).optional(),
        message: idSchema.optional(),
        channel: z.enum(CHANNELS).optional(),
        from: instantSchema.optional().openapi({ description: 'Default: 28 days before `to`' }),
        to: instantSchema.optional().openapi({ description: 'Exclusive. Default: now' }),
      }),
    },
    responses: {
      200: json(
        z.object({ from: instant, to: instant, data: z.array(groupSchema) }),
        'By what tells them apart',
      ),
      ...problems(400, 422),
    },
  })

/** What people did with what was sent. What came in, whatever became of it, is in `feedback.ts`. */
export const reactionRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter().openapi(report(guard), async (c) => {
    const { from, to, ...filter } = c.req.valid('query')
    const toMs = to === undefined ? deps.now() : Date.parse(to)
    const fromMs = from === undefined ? toMs - DAYS_DEFAULT * DAY_MS : Date.parse(from)
    if (toMs <= fromMs || toMs - fromMs > DAYS_MAX * DAY_MS)
      throw new DomainError('unacceptable', `"to" comes after "from", by at most ${DAYS_MAX} days.`)
    const window = { from: new Date(fromMs), to: new Date(toMs) }
    const groups = await countReactions(deps.db, { ...filter, ...window }, GROUPS_MAX + 1)
    if (groups.length > GROUPS_MAX)
      throw new DomainError(
        'unacceptable',
        `These are more than ${GROUPS_MAX} rows; name a journey, or a shorter time.`,
      )
    return c.json({ from: toIso(fromMs), to: toIso(toMs), data: groups.map(toGroup) }, 200)
  })

function toGroup({
  told,
  reported,
  deliveredMails,
  followed,
  bounced,
  confirmed,
  complained,
  unsubscribed,
  opened,
  machineOpened,
  clicked,
  ...group
}: ReactionCounts): z.infer<typeof groupSchema> {
  return {
    ...group,
    bounced: shareOf(bounced, told),
    confirmed: shareOf(confirmed, reported),
    complained: shareOf(complained, deliveredMails),
    unsubscribed: shareOf(unsubscribed, group.delivered),
    opened: shareOf(opened, followed),
    machineOpened: shareOf(machineOpened, followed),
    clicked: shareOf(clicked, followed),
    clickedOfOpened: shareOf(clicked, opened),
  }
}

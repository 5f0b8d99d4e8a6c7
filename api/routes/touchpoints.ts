import { createRoute, z } from '@hono/zod-openapi'
import { toIso } from '../../domain/time.ts'
import { REPORT_DAYS_MAX } from '../../operations/count-days.ts'
import { isAfter, reportTouchpoints, type Touchpoint } from '../../operations/report-touchpoints.ts'
import { tellTouchpoint } from '../../operations/tell-touchpoint.ts'
import { body, instant, json, listOf, problems } from '../answers.ts'
import type { ApiDeps } from '../deps.ts'
import type { Guard } from '../guard.ts'
import { durationSchema, filteredListQuery, textSchema, touchpointNameSchema } from '../inputs.ts'
import { readCursor, toPage } from '../pages.ts'
import { createRouter } from '../router.ts'

const TAGS = ['Touchpoints']
const DAYS_DEFAULT = 28
const TEXT_LENGTH_MAX = 255
const count = z.number().int()

const told = {
  title: z.string().nullable(),
  owner: z.string().nullable().openapi({ description: 'Who is asked when it is silent' }),
  expectedEvery: z
    .string()
    .nullable()
    .openapi({ description: 'ISO 8601: longer than this without an event is unusual' }),
}

const touchpointSchema = z
  .object({
    source: z.string().openapi({
      description: '`context.source` of its events; `unknown`: of those that do not say',
    }),
    channel: z.string().nullable().openapi({ description: '`context.channel`' }),
    ...told,
    count: count.openapi({ description: 'Events of the period' }),
    events: z
      .array(z.object({ event: z.string(), count, lastSeenAt: instant }))
      .openapi({ description: 'Most frequent first; calls without a name by the call' }),
    lastSeenAt: instant
      .nullable()
      .openapi({ description: 'When the last event was received; null: not in 120 days' }),
    usualGapDays: z
      .number()
      .nullable()
      .openapi({ description: 'Median days between days with events; null: too few to tell' }),
    silentAfter: z.string().nullable().openapi({
      description:
        '`expectedEvery`, else three times the longest gap between days with events in the 28 days up to the last; null: too few to tell',
    }),
    silent: z.boolean().openapi({ description: 'Nothing came for longer than `silentAfter`' }),
    silentSince: instant.nullable(),
  })
  .openapi('Touchpoint')

const toldSchema = z
  .object({ source: z.string(), channel: z.string().nullable(), ...told })
  .openapi('ToldTouchpoint')

const list = (guard: Guard) =>
  createRoute({
    method: 'get',
    path: '/v1/touchpoints',
    summary: 'Where events come from: which, how many, when last, whose, and who has fallen silent',
    tags: TAGS,
    ...guard.read('read'),
    request: {
      query: filteredListQuery({
        days: z.coerce.number().int().min(1).max(REPORT_DAYS_MAX).default(DAYS_DEFAULT).openapi({
          description: 'Days of UTC that are counted, today among them',
        }),
      }),
    },
    responses: {
      200: json(listOf(touchpointSchema), 'By source and channel'),
      ...problems(400),
    },
  })

const tell = (guard: Guard) =>
  createRoute({
    method: 'put',
    path: '/v1/touchpoints/{source}',
    summary: 'Tell whose a source is, and how often to expect something of it',
    description: 'Takes the place of what was told before. An empty body forgets it.',
    tags: TAGS,
    ...guard.command('operate'),
    request: {
      params: z.object({ source: touchpointNameSchema }),
      body: body(
        z.strictObject({
          channel: touchpointNameSchema.optional().openapi({
            description: 'Only of this channel. Default: of all that are not told of by themselves',
          }),
          title: textSchema(TEXT_LENGTH_MAX).min(1).optional(),
          owner: textSchema(TEXT_LENGTH_MAX)
            .min(1)
            .optional()
            .openapi({ description: 'A team, rather than a person' }),
          expectedEvery: durationSchema.optional().openapi({ example: 'P1D' }),
        }),
      ),
    },
    responses: { 200: json(toldSchema, 'As it is told now'), ...problems(400, 409, 413, 415, 422) },
  })

const place = z
  .tuple([z.string(), z.string()])
  .transform(([source, channel]) => ({ source, channel }))

/** Where events come from. */
export const touchpointRoutes = (deps: ApiDeps, guard: Guard) =>
  createRouter()
    .openapi(list(guard), async (c) => {
      const { days, limit, cursor } = c.req.valid('query')
      const after = readCursor(cursor, place)
      const all = await reportTouchpoints(deps.db, { nowMs: deps.now(), days })
      const rows = after === undefined ? all : all.filter((each) => isAfter(each, after))
      return c.json(
        toPage(rows, limit, ({ source, channel }) => [source, channel], toAnswer),
        200,
      )
    })
    .openapi(tell(guard), async (c) => {
      const { source } = c.req.valid('param')
      const { channel = '', title = null, owner = null, expectedEvery = null } = c.req.valid('json')
      const said = { title, owner, expectedEvery }
      await tellTouchpoint(deps, { source, channel, ...said, keyId: c.get('caller').keyId })
      return c.json({ source, channel: channel === '' ? null : channel, ...said }, 200)
    })

const toAnswer = ({
  channel,
  events,
  lastSeenAtMs,
  silentSinceMs,
  ...rest
}: Touchpoint): z.infer<typeof touchpointSchema> => ({
  ...rest,
  channel: channel === '' ? null : channel,
  events: [...events],
  lastSeenAt: lastSeenAtMs === null ? null : toIso(lastSeenAtMs),
  silent: silentSinceMs !== null,
  silentSince: silentSinceMs === null ? null : toIso(silentSinceMs),
})

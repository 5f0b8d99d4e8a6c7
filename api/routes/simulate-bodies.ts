import { z } from '@hono/zod-openapi'
import { isZone } from '../../domain/time.ts'
import type { LifeEvent } from '../../domain/simulated-life.ts'
import { DomainError, type Finding } from '../../domain/errors.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { REQUEST_EVENT } from '../../domain/journeys/requested-entry.ts'
import { child } from '../../domain/json-pointer.ts'
import { touchpointOf } from '../../domain/touchpoints/touchpoint.ts'
import { jsonObject, jsonValue } from '../answers.ts'
import {
  draftsSchema,
  idSchema,
  instantSchema,
  ruleDraftsShape,
  textSchema,
  touchpointNameSchema,
} from '../inputs.ts'
import type { Story } from '../../domain/play-story.ts'

const EVENTS_MAX = 1_000
const YEARS_MAX = 10
const YEAR_MS = 365.25 * 86_400_000

const at = instantSchema.openapi({ description: "When it arrives, on the customer's clock" })

const track = z.strictObject({
  at,
  type: z.literal('track').optional(),
  event: idSchema.refine(
    (name) => name !== REQUEST_EVENT,
    `"${REQUEST_EVENT}" is ours; use type "enter"`,
  ),
  properties: jsonObject.default({}),
  timestamp: instantSchema.optional().openapi({ description: 'When it happened; default: `at`' }),
  historical: z.boolean().default(false).openapi({
    description: 'From an import: changes facts and lifecycle, starts and sends nothing',
  }),
  messageId: idSchema.optional(),
  context: z
    .strictObject({
      source: touchpointNameSchema.optional(),
      channel: touchpointNameSchema.optional(),
    })
    .default({})
    .openapi({ description: 'Where it comes from' }),
})
const identify = z.strictObject({
  at,
  type: z.literal('identify'),
  traits: jsonObject,
  messageId: idSchema.optional(),
})
const consent = z.strictObject({
  purpose: idSchema,
  channel: idSchema,
  granted: z.boolean().default(true),
  source: textSchema(255).default('simulation'),
})
const exit = z.strictObject({
  at,
  type: z.literal('exit'),
  journey: idSchema.optional(),
  reason: textSchema(255).default('exit'),
})

const enter = z.strictObject({
  at,
  type: z.literal('enter'),
  journey: idSchema.openapi({ description: 'One that is entered on request' }),
  properties: jsonObject.default({}),
})

const customer = z.strictObject({
  customerId: idSchema.default('simulated').openapi({
    description: 'Whose chance it is: arms of splits are drawn from it',
  }),
  traits: jsonObject.default({}),
  consents: z.array(consent).max(100).default([]),
  known: z.boolean().default(true).openapi({ description: 'A user id is known' }),
  zone: z
    .string()
    .refine(isZone, 'This is not a time zone of the IANA database')
    .default('UTC')
    .openapi({ description: 'Where nothing in the traits says it' }),
  createdAt: instantSchema
    .optional()
    .openapi({ description: 'Default: when the first event arrives' }),
})

export const simulateBody = z
  .strictObject({
    definitions: draftsSchema,
    ...ruleDraftsShape,
    alone: z
      .boolean()
      .default(false)
      .openapi({ description: 'Only the drafts, without the other live journeys' }),
    customer: customer.prefault({}),
    events: z
      .array(
        z.discriminatedUnion('type', [
          track,
          identify,
          consent.extend({ at, type: z.literal('consent') }),
          exit,
          enter,
        ]),
      )
      .default([])
      .openapi({ description: `At most ${EVENTS_MAX}; those after \`until\` are left out` }),
    answers: z
      .record(
        z.string(),
        z.strictObject({
          status: z.number().int().min(100).max(599).default(200),
          body: jsonValue.optional(),
        }),
      )
      .default({})
      .openapi({
        description:
          'What webhook steps are answered, by `<journey>/<step>` or by the `saveAs` of the step; default: 200 and an empty body',
      }),
    until: instantSchema.openapi({
      description: `Where the clock stops: at most ${YEARS_MAX} years after the beginning`,
    }),
  })
  .openapi('Simulation')

type Asked = z.output<typeof simulateBody>

/**
 * The story that a caller tells. What is said of the customer comes first, as it does when a test
 * customer is made: traits as an identify call, then the consents.
 *
 * @throws {DomainError} `unacceptable`: too many events, too long, or in no possible order
 */
export function toStory({ customer, events: told, until, answers }: Asked): Story {
  const { customerId, known, zone, traits, consents } = customer
  const untilMs = Date.parse(until)
  const events = told.map(toLifeEvent).toSorted((a, b) => a.atMs - b.atMs)
  const firstAtMs = events[0]?.atMs ?? untilMs
  const createdAtMs = customer.createdAt === undefined ? firstAtMs : Date.parse(customer.createdAt)
  refuseImpossible({ createdAtMs, firstAtMs, untilMs, count: events.length })
  return {
    customerId,
    known,
    zone,
    createdAtMs,
    events: [
      { type: 'identify', atMs: createdAtMs, traits },
      ...consents.map((each) => ({ type: 'consent' as const, atMs: createdAtMs, ...each })),
      ...events,
    ],
    untilMs,
    answers: Object.fromEntries(
      Object.entries(answers).map(([name, { status, body }]) => [
        name,
        { status, ...(body === undefined ? {} : { body }) },
      ]),
    ),
  }
}

function toLifeEvent(event: Asked['events'][number]): LifeEvent {
  const { at: arrived, ...said } = event
  const atMs = Date.parse(arrived)
  switch (said.type) {
    case 'identify':
      return { type: 'identify', atMs, traits: said.traits, ...idOf(said) }
    case 'consent':
      return { ...said, type: 'consent', atMs }
    case 'exit':
      return { type: 'exit', atMs, journey: said.journey ?? null, reason: said.reason }
    case 'enter': {
      const properties = { ...said.properties, journey: said.journey }
      return { type: 'track', atMs, event: REQUEST_EVENT, properties, historical: false }
    }
    default: {
      const { event: name, properties, historical, timestamp, context } = said
      const occurred = timestamp === undefined ? {} : { occurredAtMs: Date.parse(timestamp) }
      return {
        type: 'track',
        atMs,
        event: name,
        properties,
        historical,
        ...occurred,
        touchpoint: touchpointOf(context),
        ...idOf(said),
      }
    }
  }
}

const idOf = ({ messageId }: { messageId?: string | undefined }) =>
  messageId === undefined ? {} : { messageId }

function refuseImpossible(asked: {
  createdAtMs: number
  firstAtMs: number
  untilMs: number
  count: number
}): void {
  const { createdAtMs, firstAtMs, untilMs, count } = asked
  const findings: Finding[] = []
  const add = (code: string, path: readonly string[], message: string): void =>
    void findings.push({ code, path: path.reduce(child, ''), message, severity: 'error' })
  if (count > EVENTS_MAX)
    add(
      'too_many_events',
      ['events'],
      `There are ${count} events; at most ${EVENTS_MAX} can be played.`,
    )
  if (createdAtMs > firstAtMs)
    add(
      'created_too_late',
      ['customer', 'createdAt'],
      'The first event arrives before the customer is there.',
    )
  if (untilMs < createdAtMs)
    add('ends_too_early', ['until'], 'The simulation ends before it begins.')
  if (untilMs - createdAtMs > YEARS_MAX * YEAR_MS)
    add('ends_too_late', ['until'], `At most ${YEARS_MAX} years can be played.`)
  if (findings.length > 0) throw new DomainError('unacceptable', 'This cannot be played.', findings)
}

/** Requests for journeys that nobody can be let into by a request. */
export function entryFindings({ events }: Asked, journeys: readonly Journey[]): Finding[] {
  return events.flatMap((event, index) => {
    if (event.type !== 'enter') return []
    const journey = journeys.find(({ key }) => key === event.journey)
    if (journey?.entry.on.some((trigger) => 'api' in trigger) === true) return []
    return [
      {
        code: 'no_api_trigger',
        path: child(child('/events', index), 'journey'),
        message: `No journey "${event.journey}" that is entered on request takes part; give its "entry.on" the trigger { "api": true }.`,
        severity: 'error',
      },
    ]
  })
}

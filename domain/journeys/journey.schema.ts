import { z } from 'zod'
import type { Same, Writable } from '../same-shape.ts'
import { LANES, LIFECYCLE_STATES, MESSAGE_CLASSES, ONSITE_KINDS, type Journey } from './journey.ts'
import { eventNameSchema, journeyKeySchema } from './names.schema.ts'
import { stepSchema } from './steps/registry.schema.ts'
import { httpUrlSchema, jsonSchema } from './values.schema.ts'
import { AD_PLATFORMS, WEEKDAYS } from './values.ts'

/**
 * The journey language from outside. Shapes only: what a duration, a link or a condition must be is
 * checked by `journey-problems.ts`, so that one bad value does not hide what is wrong elsewhere.
 */

/** Triggers, and exit rules, of one journey. */
const RULES_MAX = 100

const triggerWhen = z
  .string()
  .describe('CEL: whether this lets the customer in; sees `event`, which let them in')

/** A date that a trait holds, as triggers and locks reckon from it. */
const dateRule = {
  date: z
    .string()
    .min(1)
    .max(255)
    .describe('The trait that holds a date, as `YYYY-MM-DD` or an RFC 3339 instant'),
  offset: z
    .string()
    .describe('So long after the date, or before it with a minus in front: `-P7D`')
    .exactOptional(),
  at: z
    .string()
    .describe(
      "Time of day on the customer's clock, `HH:MM`. Default: `09:00`, or the time of the instant",
    )
    .exactOptional(),
  yearly: z.literal(true).describe('The same day of every year, as for a birthday').exactOptional(),
}

export const triggerSchema = z.union([
  z.strictObject({
    event: eventNameSchema.describe('An event lets somebody in: its name'),
    when: triggerWhen.exactOptional(),
  }),
  z.strictObject({
    lifecycle: z
      .enum(LIFECYCLE_STATES)
      .describe('A change of lifecycle lets somebody in: the state that begins'),
    when: triggerWhen.exactOptional(),
  }),
  z.strictObject({
    ...dateRule,
    date: dateRule.date.describe(
      'A date lets somebody in: the trait that holds it, as `YYYY-MM-DD` or an RFC 3339 instant',
    ),
    when: triggerWhen.exactOptional(),
  }),
  z.strictObject({
    ended: journeyKeySchema.describe('The end of another journey lets somebody in: its key'),
    reasons: z
      .array(z.string().min(1).max(255))
      .min(1)
      .describe("Only an end with one of these reasons. Default: any but an operator's")
      .exactOptional(),
    when: triggerWhen.exactOptional(),
  }),
  z.strictObject({
    api: z.literal(true).describe('A call of `POST /v1/customers/{id}/enter` lets somebody in'),
    when: triggerWhen.exactOptional(),
  }),
])

const PER_SECOND_MAX = 1_000

const contentHashSchema = z
  .string()
  .regex(/^[0-9a-f]{64}$/, { error: 'A hash has 64 digits and letters from a to f.' })

const calendarSchema = z.strictObject({
  hour: z.number().int().min(0).max(23).describe('Hour of the day'),
  minute: z
    .number()
    .int()
    .min(0)
    .max(59)
    .describe('Minute of the hour. Default: 0')
    .exactOptional(),
  weekdays: z.array(z.enum(WEEKDAYS)).min(1).max(7).describe('Only on these days').exactOptional(),
  days: z
    .array(z.number().int().min(1).max(31))
    .min(1)
    .max(31)
    .describe('Only on these days of the month')
    .exactOptional(),
  months: z
    .array(z.number().int().min(1).max(12))
    .min(1)
    .max(12)
    .describe('Only in these months, 1 is January')
    .exactOptional(),
  zone: z
    .string()
    .describe('IANA time zone, such as `Europe/Madrid`. Default: `UTC`')
    .exactOptional(),
})

export const audienceEntrySchema = z.strictObject({
  key: journeyKeySchema.describe('Those who belong to an audience enter: its key'),
  hash: contentHashSchema
    .describe(
      'Content hash of the version of the audience. Default: the latest when the journey is published',
    )
    .exactOptional(),
  at: z
    .union([
      z.string().describe('Once, at this instant: RFC 3339 with an offset'),
      calendarSchema.describe('Again and again, at this time on these days'),
    ])
    .describe('When. Default: only when somebody begins it')
    .exactOptional(),
  perSecond: z
    .number()
    .int()
    .min(1)
    .max(PER_SECOND_MAX)
    .describe('How many customers a second. Default: 20')
    .exactOptional(),
})

export const reentrySchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('never').describe('Once in a life. The default') }),
  z.strictObject({
    mode: z.literal('afterExit').describe('Again as soon as the last run has ended'),
  }),
  z.strictObject({
    mode: z.literal('coolDown').describe('Again after some time'),
    for: z.string().describe('Time from the last entry, ISO 8601: `P30D`'),
  }),
  z.strictObject({
    mode: z.literal('perKey').describe('Once for each value of a property'),
    property: z.string().min(1).describe('Property of the entry event, such as `order_id`'),
  }),
])

export const exitRuleSchema = z.strictObject({
  event: eventNameSchema
    .describe('Judged when this event happens. Without it: after every change of the customer')
    .exactOptional(),
  when: z.string().describe('CEL: whether the run ends; sees `event` and `entry`').exactOptional(),
  reason: z.string().max(255).describe('Shown as the reason. Default: `exit`').exactOptional(),
})

export const goalSchema = z.strictObject({
  event: eventNameSchema.describe('The event that is the success'),
  when: z
    .string()
    .describe('CEL: whether this event counts; sees `event` and `entry`')
    .exactOptional(),
  within: z.string().describe('How long after entry it counts, ISO 8601: `P14D`'),
  value: z
    .string()
    .describe('CEL: its worth in major currency units, such as `event.properties.revenue`')
    .exactOptional(),
})

const lockSchema = z.union([
  z.literal('journey').describe('Until the run has ended'),
  z.strictObject({
    untilStep: z.string().describe('Until the run comes to this step'),
  }),
  z.strictObject({
    until: z.string().describe('Until this instant, RFC 3339 with an offset'),
  }),
  z.strictObject({
    untilDate: z.strictObject(dateRule).describe('Until a date that a trait holds'),
  }),
])

export const arbitrationSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('manual').describe('By hand: precedes everything that is chosen by worth'),
    rank: z.number().describe('The higher one wins'),
    lock: lockSchema
      .describe('How long no other journey may take over, but those that break locks')
      .exactOptional(),
    breaksLocks: z
      .literal(true)
      .describe('May take over from a locked run whose rank is lower')
      .exactOptional(),
  }),
  z.strictObject({
    mode: z.literal('auto').describe('By worth: the highest propensity × value × lever wins'),
    value: z.number().nonnegative().describe('Worth of a success, in major currency units'),
    lever: z
      .number()
      .nonnegative()
      .describe('Multiplies the worth: your thumb on the scale. Default: 1')
      .exactOptional(),
    propensity: z
      .number()
      .min(0)
      .max(1)
      .describe('Chance of success, 0 to 1. Default: 0.1')
      .exactOptional(),
  }),
])

export const onPreemptSchema = z.enum(['pause', 'abandon', 'finishStep'])

export const classSchema = z.enum(MESSAGE_CLASSES)

export const laneSchema = z.enum(LANES)

export const validitySchema = z.strictObject({
  from: z
    .string()
    .describe('The first instant, RFC 3339 with an offset: `2026-12-24T18:00:00+01:00`')
    .exactOptional(),
  until: z.string().describe('The first instant that is too late').exactOptional(),
})

const contents = {
  agent_task: z
    .strictObject({
      title: z.string().min(1).describe('Liquid template'),
      text: z.string().min(1).describe('Liquid template: what to propose'),
      reason: z.string().min(1).describe('Liquid template: why this customer, why now'),
      priority: z
        .number()
        .min(0)
        .max(100)
        .describe('The higher one is proposed first. Default: 50')
        .exactOptional(),
      expiresIn: z
        .string()
        .describe('How long it may be proposed, ISO 8601. Default: `P2D`')
        .exactOptional(),
      withdrawWithRun: z
        .boolean()
        .describe(
          'Whether it is taken back when the run leaves before its exit step. Default: false',
        )
        .exactOptional(),
    })
    .describe('What the call centre proposes')
    .exactOptional(),
  audience_sync: z
    .strictObject({
      url: httpUrlSchema.describe('Where it is sent. Not a template'),
      list: z.string().min(1).max(255).describe('What the platform calls the list. Not a template'),
      action: z.enum(['add', 'remove']).describe('Whether the customer is to be on it'),
      platform: z
        .enum(AD_PLATFORMS)
        .describe('Whose rules say how identifiers are written before they are hashed'),
    })
    .describe('A list at an advertising platform')
    .exactOptional(),
  email: z
    .strictObject({
      subject: z.string().describe('Liquid template'),
      html: z.string().describe('Liquid template; what it prints is escaped'),
      text: z
        .string()
        .describe('Liquid template of the plain text. Default: made of `html`')
        .exactOptional(),
    })
    .describe('What the mail says')
    .exactOptional(),
  onsite: z
    .strictObject({
      kind: z.enum(ONSITE_KINDS).describe('Over the page, or along its edge'),
      title: z.string().min(1).describe('Liquid template, without personal data'),
      text: z.string().min(1).describe('Liquid template, without personal data'),
      link: z
        .string()
        .min(1)
        .describe('Liquid template: where it leads, `https://…` or `/…` on the same site')
        .exactOptional(),
      button: z
        .string()
        .min(1)
        .describe('Liquid template: what leads there, or closes it. Default: the title leads there')
        .exactOptional(),
      close: z
        .string()
        .min(1)
        .describe('Liquid template: the name of what puts it away. Default: `Close`')
        .exactOptional(),
      expiresIn: z
        .string()
        .describe('How long it may be shown, as `PT2H`. Default: `P1D`')
        .exactOptional(),
    })
    .describe('What a page of yours shows')
    .exactOptional(),
  push: z
    .strictObject({
      title: z.string().min(1).describe('Liquid template'),
      text: z.string().min(1).describe('Liquid template'),
      link: z.string().min(1).describe('Liquid template: what a tap opens').exactOptional(),
    })
    .describe('What the notification says')
    .exactOptional(),
  sms: z
    .strictObject({ text: z.string().min(1).describe('Liquid template') })
    .describe('What the SMS says')
    .exactOptional(),
  webhook: z
    .strictObject({
      url: httpUrlSchema.describe('Where it is sent. Not a template'),
      body: jsonSchema.describe('JSON; every text in it is a Liquid template'),
    })
    .describe('What is sent to a system of yours')
    .exactOptional(),
}

export const messageSchema = z.strictObject({
  needs: z
    .string()
    .min(1)
    .max(64)
    .describe('A capacity that it draws on, such as `contact-centre`')
    .exactOptional(),
  ...contents,
  locales: z
    .record(z.string(), z.strictObject(contents))
    .describe('What is said instead, by language: `es`, `pt-BR`')
    .exactOptional(),
})

export const journeyMessageSchema = messageSchema.extend({
  use: journeyKeySchema
    .describe('A message of the library: its key, in the place of what it says')
    .exactOptional(),
  hash: contentHashSchema
    .describe(
      'Content hash of the version of the message. Default: the latest when the journey is published',
    )
    .exactOptional(),
})

/** What a list of triggers that takes at least one would say. */
const code = 'too_small'
const NO_WAY_IN = { code, origin: 'array', minimum: 1, inclusive: true } as const

/** The same for editors, in JSON Schema. */
const WAYS_IN = [
  {
    type: 'object',
    properties: { on: { type: 'array', minItems: 1, description: 'One trigger at least' } },
  },
  {
    type: 'object',
    properties: { audience: { type: 'object', description: 'Or an audience' } },
    required: ['audience'],
  },
]

export const journeySchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  key: journeyKeySchema.describe('Names the journey for good: small letters, digits, `-` and `_`'),
  title: z.string().max(255).describe('What people call it').exactOptional(),
  class: classSchema.describe(
    'Which contact rules hold: `marketing` needs consent, the others do not',
  ),
  lane: laneSchema
    .describe('`service` runs beside the one in the foreground; for class `service` only')
    .exactOptional(),
  arbitration: arbitrationSchema.describe('What it is worth against other journeys'),
  entry: z
    .strictObject({
      on: z
        .array(triggerSchema)
        .max(RULES_MAX)
        .describe('What makes it a candidate: any one of these; none is needed beside an audience'),
      audience: audienceEntrySchema
        .describe('An audience that enters, at an instant or by a calendar')
        .exactOptional(),
      when: z
        .string()
        .describe('CEL: whether the customer may enter; judged again when a paused run resumes')
        .exactOptional(),
      reentry: reentrySchema
        .describe('Whether somebody may enter again. Default: never')
        .exactOptional(),
    })
    .superRefine(({ on, audience }, context) => {
      if (on.length === 0 && audience === undefined)
        context.addIssue({ ...NO_WAY_IN, path: ['on'] })
    })
    .meta({ description: 'Who enters, and when', anyOf: WAYS_IN }),
  valid: validitySchema.describe('When customers may enter. Default: always').exactOptional(),
  exit: z
    .array(exitRuleSchema)
    .max(RULES_MAX)
    .describe('What ends a run at once, wherever it stands, also while it is paused')
    .exactOptional(),
  goal: goalSchema.describe('What it is for; reached, the run ends').exactOptional(),
  onPreempt: onPreemptSchema
    .describe('What becomes of the run when another journey takes over. Default: `pause`')
    .exactOptional(),
  staleAfter: z
    .string()
    .describe('How long a run may be paused before it is given up, ISO 8601. Default: `P14D`')
    .exactOptional(),
  queueFor: z
    .string()
    .describe(
      'How long somebody who could not enter now is kept for later, ISO 8601. Default: `P14D` by hand, not at all by worth',
    )
    .exactOptional(),
  start: z.string().describe('Id of the first step'),
  steps: z.record(z.string(), stepSchema).describe('The steps by id'),
  messages: z
    .record(z.string(), journeyMessageSchema)
    .describe('What is said, by name: the content for each channel')
    .exactOptional(),
})

/** Does not compile when the parsed type and `Journey` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof journeySchema>>, Writable<Journey>>

import { z } from 'zod'
import { messageSchema } from '../journeys/journey.schema.ts'
import { MESSAGE_CLASSES } from '../journeys/journey.ts'
import { eventNameSchema, journeyKeySchema } from '../journeys/names.schema.ts'
import { sendWindowSchema } from '../journeys/steps/message.schema.ts'
import { CHANNELS, WEEKDAYS } from '../journeys/values.ts'
import type { Same, Writable } from '../same-shape.ts'
import { EXCLUSION_PRESETS, type ContactPolicy } from './policy.ts'

/**
 * The contact policy from outside. Shapes only: what durations, names and conditions must be is
 * checked by `check-policy.ts`, so that one bad value does not hide what is wrong elsewhere.
 */

/** Rules of one kind. The rule book, which holds them all, is full before. */
const RULES_MAX = 100
/** An actor keeps its last 200 contacts: a cap above half of that could be blind to some. */
const CAP_MAX = 100
/** Unanswered messages are among those contacts. */
const UNANSWERED_MAX = 100
const FATIGUE_STEPS_MAX = 10
/** An actor remembers somewhat more events than these (`TALLIES_MAX`): a higher number would never be exceeded. */
const BEYOND_MAX = 100

const name = z.string().min(1).max(64)
const property = z.string().min(1).max(255)
const rules = <Schema extends z.ZodType>(schema: Schema) => z.array(schema).max(RULES_MAX)

const scope = {
  classes: z
    .array(z.enum(MESSAGE_CLASSES))
    .min(1)
    .describe('Only messages of journeys of these classes. Default: all')
    .exactOptional(),
  channels: z
    .array(z.enum(CHANNELS))
    .min(1)
    .describe('Only on these channels. Default: all')
    .exactOptional(),
}

export const capSchema = z.strictObject({
  name: name.describe('Shown as the reason'),
  ...scope,
  journeys: z
    .array(journeyKeySchema)
    .min(1)
    .describe('Only messages of these journeys, by key. Default: all')
    .exactOptional(),
  max: z.int().min(1).max(CAP_MAX).describe('So many messages, and no more, in the window'),
  window: z
    .union([
      z.string(),
      z.strictObject({
        calendar: z
          .enum(['day', 'week', 'month'])
          .describe("A day, a week from Monday or a month of the customer's calendar"),
      }),
    ])
    .describe(
      'How long a message counts: an ISO 8601 duration, `P7D`, or a stretch of the calendar',
    ),
  onCap: z
    .enum(['skip', 'hold', 'otherChannel'])
    .describe('What becomes of a message that is one too many. Default: `skip`')
    .exactOptional(),
})

const afterUnanswered = z
  .int()
  .min(1)
  .max(UNANSWERED_MAX)
  .describe('Once so many messages were not answered')

const fatigueStepSchema = z.union([
  z.strictObject({
    afterUnanswered,
    max: z.int().min(1).max(CAP_MAX).describe('So many of them, and no more, in the window'),
    per: z.string().describe('The window, an ISO 8601 duration: `P14D`'),
  }),
  z.strictObject({
    afterUnanswered,
    stop: z.literal(true).describe('Nothing any more, until a reaction'),
  }),
])

export const fatigueSchema = z.strictObject({
  name: name.describe('Shown as the reason'),
  channel: z.enum(CHANNELS).describe('The channel whose messages count'),
  classes: z
    .array(z.enum(MESSAGE_CLASSES))
    .min(1)
    .describe('Only messages of journeys of these classes. Default: `marketing`')
    .exactOptional(),
  reactions: z
    .array(eventNameSchema)
    .min(1)
    .max(RULES_MAX)
    .describe('Events that answer every message before them, such as `Email Link Clicked`'),
  steps: z
    .array(fatigueStepSchema)
    .min(1)
    .max(FATIGUE_STEPS_MAX)
    .describe(
      'What is let through by how many were not answered; the last that is reached decides',
    ),
  onCap: z
    .enum(['skip', 'hold', 'otherChannel'])
    .describe('What becomes of a message that is one too many. Default: `skip`')
    .exactOptional(),
})

const localTime = z.string().describe('Local time, `HH:MM`')

export const quietHoursSchema = z.strictObject({
  ...scope,
  from: localTime.describe("When they begin, on the customer's clock: `21:00`"),
  until: localTime.describe('When they end; earlier than `from` means on the next day'),
  weekdays: z
    .array(z.enum(WEEKDAYS))
    .min(1)
    .describe('Days on which they begin. Default: every day')
    .exactOptional(),
  spread: z
    .string()
    .describe('What waited goes out spread over so long after the end. Default: `PT30M`')
    .exactOptional(),
  unknownZone: z
    .strictObject({ from: localTime, until: localTime })
    .describe(
      "Where nothing says the customer's zone. Default: from two hours earlier until two hours later",
    )
    .exactOptional(),
})

export const policyWindowSchema = z.strictObject({
  ...scope,
  windows: z
    .array(sendWindowSchema)
    .min(1)
    .max(RULES_MAX)
    .describe('It goes out in one of these only; else it is held'),
})

export const groupSchema = z.strictObject({
  name: name.describe('What the matrix calls it'),
  when: z
    .string()
    .describe('CEL over the customer: whether they belong to it. Default: everybody else does')
    .exactOptional(),
})

export const matrixRuleSchema = z.strictObject({
  ...scope,
  groups: z
    .array(name)
    .min(1)
    .describe('Only customers of these groups. Default: all, those of no group too')
    .exactOptional(),
  do: z
    .union([
      z.enum(['send', 'hold', 'drop']),
      z.strictObject({ replace: name.describe('A message of `messages` takes its place') }),
    ])
    .describe('What becomes of the message: `send`, `hold`, `drop`, or another one in its place'),
})

const match = z.strictObject({
  event: eventNameSchema.describe('Name of the event'),
  when: z.string().describe('CEL: whether this event is meant; sees `event`').exactOptional(),
})

const exclusionRule = {
  name: name.describe('Names the rule; shown as the reason'),
  scope: z
    .strictObject(scope)
    .describe('What is held back. Default: class `marketing`, on every channel')
    .exactOptional(),
  open: z
    .array(match)
    .min(1)
    .max(RULES_MAX)
    .describe('Any of these events opens it')
    .exactOptional(),
  close: z
    .array(match)
    .min(1)
    .max(RULES_MAX)
    .describe('Any of these events closes it')
    .exactOptional(),
  per: property
    .describe('Property that names the case: what closes must name the same one')
    .exactOptional(),
  after: z
    .union([
      z.string(),
      z.strictObject({
        property: property.describe('Property of the opening event that holds the instant'),
        default: z
          .string()
          .describe('So long after an event that has no such property')
          .exactOptional(),
      }),
    ])
    .describe(
      'In force only so long after the opening event, or from the instant that a property holds, unless it was closed before',
    )
    .exactOptional(),
  for: z
    .string()
    .describe('Ends by itself so long after it came into force, ISO 8601')
    .exactOptional(),
  while: z.string().describe('CEL over the customer: in force as long as it holds').exactOptional(),
  beyond: z
    .strictObject({
      window: z.string().describe('How long an event counts, ISO 8601'),
      max: z
        .int()
        .min(0)
        .max(BEYOND_MAX)
        .describe('More events than these open it')
        .exactOptional(),
      deviations: z
        .number()
        .min(0)
        .max(10)
        .describe(
          "More than the population's mean and so many standard deviations open it; counted every day",
        )
        .exactOptional(),
    })
    .describe('Opens only at more than so many opening events in a window')
    .exactOptional(),
  decay: z
    .strictObject({
      property: property.describe('Property of the opening event, 0 to 1: how strong it is'),
      halfLife: z.string().describe('After so long half of it is left, ISO 8601'),
      threshold: z.number().gt(0).lt(1).describe('In force while it is stronger than this'),
    })
    .describe('How strong it is when it opens, and how it fades')
    .exactOptional(),
  blocks: z
    .strictObject({
      channel: z.enum(CHANNELS).describe('The channel that the address belongs to'),
      property: property.describe('Property of the opening event that holds the address'),
    })
    .describe('The event says that an address is not to be used any more, for good')
    .exactOptional(),
}

export const exclusionSchema = z.union([
  z.strictObject(exclusionRule),
  z.strictObject({
    preset: z
      .enum(EXCLUSION_PRESETS)
      .describe('A ready-made rule; what stands beside it replaces its own'),
    ...exclusionRule,
    name: exclusionRule.name.exactOptional(),
  }),
])

export const capacityRuleSchema = z.strictObject({
  ...scope,
  contactsPerThousand: z
    .number()
    .gt(0)
    .max(1_000_000)
    .describe('Contacts, such as calls, that a thousand messages lead to'),
  handlingTime: z.string().describe('How long each of them takes, ISO 8601: `PT6M`'),
})

export const throttleSchema = z.strictObject({
  channel: z.enum(CHANNELS).describe('The channel'),
  perSecond: z.number().gt(0).max(100_000).describe('So many messages a second, and no more'),
})

export const warmUpSchema = z.strictObject({
  from: z.string().describe('The first day, as an instant: RFC 3339 with an offset'),
  perDay: z
    .array(z.int().min(1).max(1_000_000_000))
    .min(1)
    .max(366)
    .describe('Mails on the first day, the second …; after the last one there is no limit'),
})

export const contactPolicySchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  zone: z
    .string()
    .describe('IANA zone of customers of whom nothing says where they live. Default: `UTC`')
    .exactOptional(),
  caps: rules(capSchema).describe('How many messages a customer gets').exactOptional(),
  fatigue: rules(fatigueSchema)
    .describe('Fewer messages, and in the end none, for those who stopped reacting')
    .exactOptional(),
  quietHours: rules(quietHoursSchema).describe('When nothing goes out').exactOptional(),
  sendWindows: rules(policyWindowSchema)
    .describe('When messages go out, and at no other time')
    .exactOptional(),
  groups: rules(groupSchema)
    .describe('Customer groups, the most important first: the first that holds is the one')
    .exactOptional(),
  matrix: rules(matrixRuleSchema)
    .describe('Class × group × channel: the first rule that is meant decides. None: it is sent')
    .exactOptional(),
  messages: z
    .record(z.string(), messageSchema)
    .describe('What the matrix may send instead, by name')
    .exactOptional(),
  exclusions: rules(exclusionSchema)
    .describe('When a customer is not to be contacted, and for how long')
    .exactOptional(),
  capacities: z
    .record(z.string(), capacityRuleSchema)
    .describe('What messages cost of something scarce, such as `contact-centre`, by name')
    .exactOptional(),
  throttles: rules(throttleSchema).describe('How fast a channel is used').exactOptional(),
  warmUp: z
    .record(z.string(), warmUpSchema)
    .describe('Sending domain → how many mails a day, from its first day on')
    .exactOptional(),
})

/** Does not compile when the parsed type and `ContactPolicy` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof contactPolicySchema>>, Writable<ContactPolicy>>

import { z } from 'zod'
import { LIFECYCLE_STATES } from '../journeys/journey.ts'
import type { Same, Writable } from '../same-shape.ts'
import type { LifecycleDocument } from './lifecycle-document.ts'
import { LIFECYCLE_PRESETS } from './lifecycle-presets.ts'

/** Lifecycle rules from outside. Shapes only: the rest is checked by `check-lifecycle.ts`. */

/** The newest 64 instants of an event are kept, and a hold needs some of the older ones. */
const PURCHASES_MAX = 32
const WORTH_MAX = 1_000_000_000
const EVENTS_MAX = 50
const PER_SECOND_MAX = 500

const duration = (what: string) => z.string().describe(`${what}, ISO 8601`).exactOptional()
const eventName = z.string().min(1).max(200)
const purchases = z
  .int()
  .min(1)
  .max(PURCHASES_MAX)
  .describe('So many purchases in the window')
  .exactOptional()

export const rolloutSchema = z.strictObject({
  canary: z
    .number()
    .gt(0)
    .max(1)
    .describe('The share of the customers that is told first, by hash. Default: 1, everybody')
    .exactOptional(),
  perSecond: z
    .int()
    .min(1)
    .max(PER_SECOND_MAX)
    .describe('Customers told in a second. Default: 50')
    .exactOptional(),
  entries: z
    .enum(['silent', 'trigger'])
    .describe(
      'Whether a state that changes by the rules alone lets customers into journeys. Default: `silent`',
    )
    .exactOptional(),
})

export const lifecycleDocumentSchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  preset: z
    .enum(LIFECYCLE_PRESETS)
    .describe('The kind of business whose numbers hold for what is not said. Default: `shop`')
    .exactOptional(),
  purchase: z
    .strictObject({
      event: eventName.describe('The event that is a purchase').exactOptional(),
      value: eventName
        .describe('Its property that holds what it is worth, in major units')
        .exactOptional(),
    })
    .exactOptional(),
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/)
    .describe('What worth is in, ISO 4217. Nothing is converted')
    .exactOptional(),
  engagement: z
    .array(eventName)
    .max(EVENTS_MAX)
    .describe('Signs of life other than purchases and registrations')
    .exactOptional(),
  registration: z
    .array(eventName)
    .max(EVENTS_MAX)
    .describe('Events that make a customer registered')
    .exactOptional(),
  newFor: duration('`new` ends so long after the first sign of life'),
  waitingAfter: duration('Silence after which a customer is `waiting`'),
  atRiskAfter: duration('Silence after which a customer is `at_risk`'),
  lostAfter: duration('Silence after which a customer is `lost`'),
  repeater: z
    .strictObject({ purchases, within: duration('The window') })
    .describe('What makes a `repeater`')
    .exactOptional(),
  hero: z
    .strictObject({
      purchases,
      within: duration('The window'),
      value: z
        .number()
        .min(0)
        .max(WORTH_MAX)
        .describe('Worth of all purchases together, in major units')
        .exactOptional(),
      engagedWithin: duration('A sign of life at most so long ago'),
    })
    .describe('What makes a `hero`')
    .exactOptional(),
  holdFor: duration('`hero` and `repeater` stay so long after their figures last sufficed'),
  priority: z
    .array(z.enum(LIFECYCLE_STATES))
    .describe('All nine states: of those that fit, the first one wins')
    .exactOptional(),
  hibernateAfter: duration('Who has nothing to do sooner sleeps outside the engine'),
  rollout: rolloutSchema.describe('How a publication is brought to everybody').exactOptional(),
})

/** Does not compile when the parsed type and `LifecycleDocument` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof lifecycleDocumentSchema>>, Writable<LifecycleDocument>>

import { z } from 'zod'
import type { JsonValue } from '../json.ts'
import { LIFECYCLE_STATES, type Journey } from './journey.ts'
import { eventNameSchema, journeyKeySchema } from './names.schema.ts'
import { stepSchema } from './steps/registry.schema.ts'

/**
 * The journey language from outside. Shapes only: what a duration, a link or a condition must be is
 * checked by `journey-problems.ts`, so that one bad value does not hide what is wrong elsewhere.
 */

export const triggerSchema = z.union([
  z.strictObject({ event: eventNameSchema, when: z.string().exactOptional() }),
  z.strictObject({ lifecycle: z.enum(LIFECYCLE_STATES), when: z.string().exactOptional() }),
])

export const reentrySchema = z.discriminatedUnion('mode', [
  z.strictObject({ mode: z.literal('never') }),
  z.strictObject({ mode: z.literal('afterExit') }),
  z.strictObject({ mode: z.literal('coolDown'), for: z.string() }),
  z.strictObject({ mode: z.literal('perKey'), property: z.string().min(1) }),
])

export const exitRuleSchema = z.strictObject({
  event: eventNameSchema.exactOptional(),
  when: z.string().exactOptional(),
  reason: z.string().max(255).exactOptional(),
})

export const goalSchema = z.strictObject({
  event: eventNameSchema,
  when: z.string().exactOptional(),
  within: z.string(),
  value: z.string().exactOptional(),
})

const arbitrationSchema = z.discriminatedUnion('mode', [
  z.strictObject({
    mode: z.literal('manual'),
    rank: z.number(),
    lock: z.literal('journey').exactOptional(),
  }),
  z.strictObject({
    mode: z.literal('auto'),
    value: z.number().nonnegative(),
    lever: z.number().nonnegative().exactOptional(),
    propensity: z.number().min(0).max(1).exactOptional(),
  }),
])

const jsonSchema: z.ZodType<JsonValue> = z.json()

export const messageSchema = z.strictObject({
  email: z
    .strictObject({ subject: z.string(), html: z.string(), text: z.string().exactOptional() })
    .exactOptional(),
  webhook: z
    .strictObject({
      url: z.url({
        protocol: /^https?$/,
        error: 'A webhook goes to a full http or https address.',
      }),
      body: jsonSchema,
    })
    .exactOptional(),
})

export const journeySchema = z.strictObject({
  key: journeyKeySchema,
  title: z.string().max(255).exactOptional(),
  class: z.enum(['service', 'relationship', 'marketing']),
  arbitration: arbitrationSchema,
  entry: z.strictObject({
    on: z.array(triggerSchema).min(1),
    when: z.string().exactOptional(),
    reentry: reentrySchema.exactOptional(),
  }),
  exit: z.array(exitRuleSchema).exactOptional(),
  goal: goalSchema.exactOptional(),
  onPreempt: z.enum(['pause', 'abandon']).exactOptional(),
  staleAfter: z.string().exactOptional(),
  queueFor: z.string().exactOptional(),
  start: z.string(),
  steps: z.record(z.string(), stepSchema),
  messages: z.record(z.string(), messageSchema).exactOptional(),
})

type Writable<T> = [JsonValue] extends [T]
  ? T
  : T extends object
    ? { -readonly [Key in keyof T]: Writable<T[Key]> }
    : T
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : never

/** Does not compile when the parsed type and `Journey` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof journeySchema>>, Writable<Journey>>

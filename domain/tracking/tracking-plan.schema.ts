import { z } from 'zod'
import type { Same, Writable } from '../same-shape.ts'
import type { TrackingPlan } from './tracking-plan.ts'

/** The tracking plan from outside. Shapes only: the rest is checked by `check-tracking-plan.ts`. */

const NAMES_MAX = 1_000
const nameSchema = z.string().min(1).max(255)
const actionSchema = z.enum(['keep', 'refuse'])

const about = {
  description: z.string().max(2_000).describe('What it means, for people').exactOptional(),
  owner: z.string().max(255).describe('Who is asked when it comes otherwise').exactOptional(),
}
const jsonSchema = z.record(z.string(), z.json())

const eventSchema = z.strictObject({
  ...about,
  schema: jsonSchema.describe('JSON Schema 2020-12 of its properties').exactOptional(),
  invalid: actionSchema
    .describe('What becomes of one that comes otherwise. Default: `keep`')
    .exactOptional(),
})

const traitSchema = z.strictObject({
  ...about,
  schema: jsonSchema
    .describe('JSON Schema 2020-12 of its value; one that is otherwise is set aside')
    .exactOptional(),
})

const named = <Entry extends z.ZodType>(entry: Entry) =>
  z.record(nameSchema, entry).refine((entries) => Object.keys(entries).length <= NAMES_MAX, {
    message: `At most ${NAMES_MAX} names`,
  })

export const trackingPlanSchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  events: named(eventSchema)
    .describe('By name. Without it the plan says nothing about events')
    .exactOptional(),
  traits: named(traitSchema)
    .describe('By name. Without it the plan says nothing about traits')
    .exactOptional(),
  undeclared: actionSchema
    .describe('What becomes of events that are not declared. Default: `keep`')
    .exactOptional(),
})

/** Does not compile when the parsed type and `TrackingPlan` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof trackingPlanSchema>>, Writable<TrackingPlan>>

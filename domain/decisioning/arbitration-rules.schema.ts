import { z } from 'zod'
import { MESSAGE_CLASSES } from '../journeys/journey.ts'
import { journeyKeySchema } from '../journeys/names.schema.ts'
import type { Same, Writable } from '../same-shape.ts'
import type { ArbitrationRules } from './arbitration-rules.ts'

/** The arbitration rules from outside. Shapes only: the rest is checked by `check-arbitration.ts`. */

/** The rule book, which holds them all, is full before. */
const RULES_MAX = 100

export const contextRuleSchema = z.strictObject({
  name: z.string().min(1).max(64).describe('What decisions call the factor'),
  when: z.string().describe('CEL over the customer: whether the factor counts'),
  multiply: z
    .number()
    .gt(0)
    .max(1_000)
    .describe('Multiplies the worth: above 1 more, below 1 less'),
  journeys: z
    .array(journeyKeySchema)
    .min(1)
    .describe('Only of these journeys, by key. Default: all')
    .exactOptional(),
  classes: z
    .array(z.enum(MESSAGE_CLASSES))
    .min(1)
    .describe('Only of journeys of these classes. Default: all')
    .exactOptional(),
})

export const switchesSchema = z.strictObject({
  max: z.int().min(0).max(100).describe('Automatic switches of one customer in the window'),
  within: z.string().describe('The window, ISO 8601'),
})

export const arbitrationRulesSchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  margin: z
    .number()
    .min(0)
    .max(100)
    .describe('A challenger must be worth so much more: 0.1 is ten per cent. Default: 0.1')
    .exactOptional(),
  dwell: z
    .string()
    .describe('The algorithm leaves a running journey alone for so long. Default: `P1D`')
    .exactOptional(),
  switches: switchesSchema
    .describe('How often a customer is moved by the algorithm. Default: 2 times in `P7D`')
    .exactOptional(),
  propensity: z
    .number()
    .min(0)
    .max(1)
    .describe('Chance of success of journeys that name none. Default: 0.1')
    .exactOptional(),
  context: z
    .array(contextRuleSchema)
    .max(RULES_MAX)
    .describe('What multiplies the worth of journeys, for customers of whom a condition holds')
    .exactOptional(),
})

/** Does not compile when the parsed type and `ArbitrationRules` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof arbitrationRulesSchema>>, Writable<ArbitrationRules>>

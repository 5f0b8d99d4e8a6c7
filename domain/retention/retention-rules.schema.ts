import { z } from 'zod'
import type { Same, Writable } from '../same-shape.ts'
import type { RetentionRules } from './retention-rules.ts'

/** The retention rules from outside. Shapes only: the rest is checked by `check-retention.ts`. */

const RULES_MAX = 100
const NAMES_MAX = 1_000

const keptSchema = z.strictObject({
  keepFor: z.string().describe('Kept for so long, ISO 8601: `P90D`'),
})

export const retentionRuleSchema = z.strictObject({
  events: z
    .union([z.array(z.string().min(1)).min(1).max(NAMES_MAX), z.literal('*')])
    .describe('Names of events, or `*` for all that no rule before it names'),
  keepFor: z.string().describe('Kept for so long, ISO 8601: `P400D`'),
  evenIfCounted: z
    .boolean()
    .describe('Also events that rules in force count: counts get smaller. Default: false')
    .exactOptional(),
})

export const retentionRulesSchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  rules: z
    .array(retentionRuleSchema)
    .max(RULES_MAX)
    .describe('How long events are kept; the first rule that names an event counts')
    .exactOptional(),
  mails: keptSchema.describe('Mails of the built-in outbox. Default: kept').exactOptional(),
  timeline: keptSchema.describe('Entries of timelines. Default: kept').exactOptional(),
  agentTasks: keptSchema
    .describe('Proposals to the call centre, since they were decided or ran out. Default: kept')
    .exactOptional(),
  onsite: keptSchema
    .describe('Messages of pages, since they were clicked, put away or ran out. Default: kept')
    .exactOptional(),
})

/** Does not compile when the parsed type and `RetentionRules` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof retentionRulesSchema>>, Writable<RetentionRules>>

import { z } from 'zod'
import type { Same, Writable } from '../same-shape.ts'
import { SEVERITY_MAX, SEVERITY_MIN, type CaseRules } from './case-rules.ts'

/** The case rules from outside. Shapes only: the rest is checked by `check-case-rules.ts`. */

const TYPES_MAX = 500
const CODES_MAX = 500
const KEYS_MAX = 20

const name = z.string().min(1).max(100)

const caseTypeSchema = z.strictObject({
  title: z.string().min(1).max(200).describe('What people call it'),
  severity: z
    .number()
    .int()
    .min(SEVERITY_MIN)
    .max(SEVERITY_MAX)
    .describe('1 to 5, where an event does not say. Default: 3')
    .exactOptional(),
  answerWithin: z
    .string()
    .describe('The answer is promised so long after it was opened, ISO 8601: `P1D`')
    .exactOptional(),
  codes: z
    .record(name, z.array(name).max(CODES_MAX))
    .describe('By source, `*` for all others: the codes by which it calls this')
    .exactOptional(),
})

const weight = z.number().min(0).max(1_000).describe('Points of a full score; 0 leaves it out')
const trait = name.describe('The trait that is read')

const prioritySchema = z.strictObject({
  severity: z.strictObject({ weight }).exactOptional(),
  due: z
    .strictObject({
      weight,
      within: z.string().describe('Grows over so long before the promised answer: `P1D`'),
    })
    .exactOptional(),
  loyalty: z
    .strictObject({
      weight,
      trait,
      scores: z.record(name, z.number().min(0).max(1)).describe('What each tier scores, 0 to 1'),
    })
    .exactOptional(),
  value: z
    .strictObject({
      weight,
      half: z.number().gt(0).describe('Who has bought for so much scores a half'),
    })
    .exactOptional(),
  nps: z.strictObject({ weight, trait }).exactOptional(),
  influence: z.strictObject({ weight, trait }).exactOptional(),
  contacts: z
    .strictObject({
      weight,
      max: z.number().int().min(1).describe('So many contacts after the first score in full'),
    })
    .exactOptional(),
})

export const caseRulesSchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  types: z
    .record(name, caseTypeSchema)
    .refine((types) => Object.keys(types).length <= TYPES_MAX, `At most ${TYPES_MAX} types`)
    .describe('What cases are about, one list for all channels')
    .exactOptional(),
  match: z
    .strictObject({
      keys: z
        .array(name)
        .max(KEYS_MAX)
        .describe('Properties of which one must hold the same. Default: `order_id`')
        .exactOptional(),
      within: z
        .string()
        .describe('So long after the last event of the case at most. Default: `P30D`')
        .exactOptional(),
    })
    .describe('When an event that names no known case is about one that is there')
    .exactOptional(),
  priority: prioritySchema
    .describe('What makes an open case urgent: each part scores from 0 to 1, times its weight')
    .exactOptional(),
})

/** Does not compile when the parsed type and `CaseRules` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof caseRulesSchema>>, Writable<CaseRules>>

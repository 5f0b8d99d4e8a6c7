import { z } from 'zod'
import type { Same, Writable } from '../same-shape.ts'
import type { FactRules } from './fact-rules.ts'

/** The fact rules from outside. Shapes only: the rest is checked by `check-fact-rules.ts`. */

const FACTS_MAX = 100
const FORMULA_LENGTH_MAX = 2_000

const factRuleSchema = z.strictObject({
  title: z
    .string()
    .min(1)
    .max(200)
    .describe('What people call it. Default: its name')
    .exactOptional(),
  formula: z
    .string()
    .min(1)
    .max(FORMULA_LENGTH_MAX)
    .describe('CEL over the customer: `count(…)`, traits, other facts; no event is in sight'),
  source: z.string().min(1).max(500).describe('Where what it reads comes from, for people'),
})

const factName = z
  .string()
  .regex(/^[a-z][a-z0-9_]{0,63}$/, 'a small letter, then at most 63 small letters, digits and `_`')

export const factRulesSchema = z.strictObject({
  $schema: z
    .string()
    .max(2_000)
    .describe('Where an editor finds this schema. Changes nothing')
    .exactOptional(),
  facts: z
    .record(factName, factRuleSchema)
    .refine((facts) => Object.keys(facts).length <= FACTS_MAX, `At most ${FACTS_MAX} facts`)
    .describe("By name, as in `fact('lead_score')`. Default: the standard ones")
    .exactOptional(),
})

/** Does not compile when the parsed type and `FactRules` differ in anything but `readonly`. */
true satisfies Same<Writable<z.infer<typeof factRulesSchema>>, Writable<FactRules>>

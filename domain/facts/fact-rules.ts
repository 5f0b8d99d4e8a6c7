import type { Condition } from '../journeys/values.ts'
import { STANDARD_FACTS } from './standard-facts.ts'

/**
 * What is known of a customer by formula: published and versioned as a whole.
 * `fact-rules.schema.ts` parses the same shape from outside.
 */
export interface FactRules {
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  /** By the name that conditions call them by. Default: the standard ones. */
  readonly facts?: Readonly<Record<string, FactRule>>
}

export interface FactRule {
  /** What people call it. Default: its name. */
  readonly title?: string
  /** CEL over the customer alone: no event is in sight. */
  readonly formula: Condition
  /** Where that which it reads comes from, for people. */
  readonly source: string
}

/** Formulas by name: all that conditions need of the rules. */
export type Formulas = Readonly<Record<string, string>>

/** Facts in force: the standard ones where nothing was published. */
export const factsOf = (rules: FactRules | undefined): Readonly<Record<string, FactRule>> =>
  rules?.facts ?? STANDARD_FACTS

export const formulasOf = (rules: FactRules | undefined): Formulas => formulasIn(factsOf(rules))

export const formulasIn = (facts: Readonly<Record<string, FactRule>>): Formulas =>
  Object.fromEntries(Object.entries(facts).map(([name, { formula }]) => [name, formula]))

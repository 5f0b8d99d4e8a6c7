import type { MessageClass } from '../journeys/journey.ts'
import type { Condition, IsoDuration } from '../journeys/values.ts'

/**
 * How journeys are weighed against each other: published and versioned as a whole.
 * `arbitration-rules.schema.ts` parses the same shape from outside. Defaults: `DEFAULT_ARBITRATION`.
 */
export interface ArbitrationRules {
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  /** A challenger must be worth so much more than the running journey: 0.1 is ten per cent. */
  readonly margin?: number
  /** The algorithm leaves a running journey alone for so long. */
  readonly dwell?: IsoDuration
  /** How many automatic switches a customer goes through in a window. */
  readonly switches?: { readonly max: number; readonly within: IsoDuration }
  /** Chance of success of journeys that name none. */
  readonly propensity?: number
  /** What multiplies the worth of journeys for customers of whom a condition holds. */
  readonly context?: readonly ContextRule[]
}

/** Multiplies the worth of automatic journeys where `when` holds; journeys and classes: of these only. */
export interface ContextRule {
  readonly name: string
  readonly when: Condition
  readonly multiply: number
  readonly journeys?: readonly string[]
  readonly classes?: readonly MessageClass[]
}

/** As a decision is taken under it: plain numbers. */
export interface ArbitrationSettings {
  readonly margin: number
  readonly dwellMs: number
  readonly switchesMax: number
  readonly switchWindowMs: number
  readonly propensity: number
}

/** Where nothing is published. */
export const DEFAULT_ARBITRATION: ArbitrationSettings = {
  margin: 0.1,
  dwellMs: 86_400_000,
  switchesMax: 2,
  switchWindowMs: 7 * 86_400_000,
  propensity: 0.1,
}

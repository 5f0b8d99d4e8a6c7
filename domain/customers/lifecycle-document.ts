import type { LifecycleState } from '../journeys/journey.ts'
import type { IsoDuration } from '../journeys/values.ts'
import type { LifecyclePreset } from './lifecycle-presets.ts'

/**
 * Lifecycle rules as people publish them: a preset, and what is different from it.
 * `lifecycle-document.schema.ts` parses the same shape from outside.
 */
export interface LifecycleDocument {
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  /** The kind of business whose numbers hold for whatever is not said. Default: `shop`. */
  readonly preset?: LifecyclePreset
  readonly purchase?: { readonly event?: string; readonly value?: string }
  /** ISO 4217, what worth is in. */
  readonly currency?: string
  readonly engagement?: readonly string[]
  readonly registration?: readonly string[]
  readonly newFor?: IsoDuration
  readonly waitingAfter?: IsoDuration
  readonly atRiskAfter?: IsoDuration
  readonly lostAfter?: IsoDuration
  readonly repeater?: { readonly purchases?: number; readonly within?: IsoDuration }
  readonly hero?: {
    readonly purchases?: number
    readonly within?: IsoDuration
    readonly value?: number
    readonly engagedWithin?: IsoDuration
  }
  readonly holdFor?: IsoDuration
  /** All nine states, the first one that fits wins. */
  readonly priority?: readonly LifecycleState[]
  readonly hibernateAfter?: IsoDuration
  /** How a publication is brought to everybody. */
  readonly rollout?: LifecycleRollout
}

export interface LifecycleRollout {
  /** The share of the customers that is told first; the rest waits for a word. Default: 1, everybody. */
  readonly canary?: number
  readonly perSecond?: number
  /** Whether a state that changes by the rules alone lets customers into journeys. Default: `silent`. */
  readonly entries?: 'silent' | 'trigger'
}

import type { IsoDuration } from '../journeys/values.ts'

/**
 * How long what was stored is kept: published and versioned as a whole. `retention-rules.schema.ts`
 * parses the same shape from outside. What no rule names is kept.
 */
export interface RetentionRules {
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  /** The first that names an event is the one that counts. */
  readonly rules?: readonly RetentionRule[]
  /** Mails of the built-in outbox. */
  readonly mails?: { readonly keepFor: IsoDuration }
  /** What customers' pages tell. */
  readonly timeline?: { readonly keepFor: IsoDuration }
  /** Proposals to the call centre, since they were decided or ran out. */
  readonly agentTasks?: { readonly keepFor: IsoDuration }
  /** Messages that pages show, since they were clicked, put away or ran out. */
  readonly onsite?: { readonly keepFor: IsoDuration }
}

export interface RetentionRule {
  /** Names, or all that no rule before it names. */
  readonly events: readonly string[] | '*'
  readonly keepFor: IsoDuration
  /** Also events that live journeys or lifecycle rules count, whose counts then get smaller. */
  readonly evenIfCounted?: boolean
}

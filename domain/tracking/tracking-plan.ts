import type { JsonObject } from '../json.ts'

/**
 * What callers may send, as published: JSON Schema 2020-12 by event and by trait. What is declared is
 * validated; what is not is counted. `tracking-plan.schema.ts` parses the same shape from outside.
 */
export interface TrackingPlan {
  /** Where an editor finds the JSON Schema. Changes nothing. */
  readonly $schema?: string
  /** By name. Absent: the plan says nothing about events. */
  readonly events?: Readonly<Record<string, PlannedEvent>>
  /** By name. Absent: the plan says nothing about traits. */
  readonly traits?: Readonly<Record<string, PlannedTrait>>
  /** What becomes of events with a name that the plan does not declare. Default: `keep`. */
  readonly undeclared?: PlanAction
}

/** `keep`: stored, and counted. `refuse`: not stored; a batch's go to the quarantine. */
export type PlanAction = 'keep' | 'refuse'

export interface PlannedEvent {
  readonly description?: string
  /** Who is asked when it comes otherwise. */
  readonly owner?: string
  /** Of its properties. Absent: they may be anything. */
  readonly schema?: JsonObject
  /** What becomes of one that comes otherwise. Default: `keep`. */
  readonly invalid?: PlanAction
}

export interface PlannedTrait {
  readonly description?: string
  readonly owner?: string
  /** Of its value; one that is otherwise is set aside. Absent: it may be anything. */
  readonly schema?: JsonObject
}

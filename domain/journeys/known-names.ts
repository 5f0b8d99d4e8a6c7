import type { Journey } from './journey.ts'

/** What a store has seen: a journey that names something else may have misspelt it. */
export interface KnownNames {
  /** By name. */
  readonly events: ReadonlyMap<string, KnownEvent>
  readonly traits: { readonly customers: number; readonly names: ReadonlySet<string> }
  /** Live versions of all journeys. */
  readonly journeys: readonly Journey[]
  /** Facts in force. Absent: nothing is said about them. */
  readonly facts?: ReadonlySet<string>
  /** The time: what is to happen before it never will. Absent: nothing is said about that. */
  readonly nowMs?: number
}

export interface KnownEvent {
  /** How many were looked at. */
  readonly count: number
  /** Names at the root of their properties. */
  readonly properties: ReadonlySet<string>
}

/** With fewer events of a name, or customers, nobody can say what they never have. */
export const SAMPLE_MIN = 50

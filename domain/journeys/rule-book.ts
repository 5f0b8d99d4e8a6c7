import type { EntryRule } from './journey.ts'
import type { ContactRules } from '../contact/policy.ts'
import type { ArbitrationSettings, ContextRule } from '../decisioning/arbitration-rules.ts'
import type { LifecycleRules } from '../customers/lifecycle-rules.ts'

/**
 * The small part of all published rules that every actor holds: which facts to keep, and the rules
 * that can fire without an event. Immutable, content-hashed, at most 32 KB. A publication that
 * names nothing new and enters on events leaves it unchanged, so nobody has to load anything.
 */
export interface RuleBook {
  readonly hash: string
  /** Events that wake an actor. Anything else is stored as `filtered`. */
  readonly events: Readonly<Record<string, KeptEvent>>
  /** Traits whose values conditions read. */
  readonly traits: Readonly<Record<string, { readonly since: number }>>
  /** Traits of which conditions only ask whether there is one: their values never travel. */
  readonly presence: Readonly<Record<string, { readonly since: number }>>
  /** Traits that hold a date which a trigger or a wait reckons from; see `date-facts.ts`. */
  readonly dates?: Readonly<Record<string, { readonly since: number }>>
  readonly lifecycle: LifecycleRules
  readonly lifecycleEntries: readonly EntryRule[]
  /** Entry rules with a date trigger, and with the end of another journey. Absent: none. */
  readonly dateEntries?: readonly EntryRule[]
  readonly endEntries?: readonly EntryRule[]
  /** Content hashes of versions that were stopped: whoever is inside leaves. */
  readonly stopped?: readonly string[]
  /** The contact policy. Absent: none was published. */
  readonly contact?: ContactRules
  /** Formulas behind `fact(…)`, by name: those that some rule in the book reaches. Absent: none. */
  readonly facts?: Readonly<Record<string, string>>
  /** How journeys are weighed. Absent: by the defaults. */
  readonly arbitration?: BookArbitration
}

/** As it is kept in a book: settings as plain numbers. */
export interface BookArbitration {
  readonly settings: ArbitrationSettings
  readonly context: readonly ContextRule[]
}

export interface KeptEvent {
  /**
   * Number of the publication since which the book has named this event without a gap. An actor
   * whose counter has another number asks for all stored events again (§5: a count is always over
   * all stored events).
   */
  readonly since: number
  readonly properties: PropertyShape
  /** Whether a condition or the lifecycle counts it. Events that only trigger keep no counter. */
  readonly counted: boolean
}

/**
 * Which parts of an event's properties travel to the engine: a tree of names, `true` for a whole
 * value. Arrays are looked through: `{ products: { product_id: true } }` keeps that field of each.
 */
export type PropertyShape = { readonly [name: string]: PropertyShape | true }

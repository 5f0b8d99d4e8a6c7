import type { BookVersion } from '../journeys/compile-rule-book.ts'
import type { Trigger } from '../journeys/journey.ts'
import type { SimulatedRules } from '../simulated-actor.ts'
import { TOUCHPOINTS_TRAIT } from '../touchpoints/seen-touchpoints.ts'
import { publishedAs, type RulesBeside } from '../simulation.ts'
import type { Assumptions } from './recorded.ts'

/** A version that takes part. */
export interface PlannedVersion extends Omit<BookVersion, 'live'> {
  /** Not published: it stands for the version that would come next. */
  readonly draft: boolean
}

/** Entries and counts are of `fromMs` ≤ t < `toMs`; what happened before is history. */
export interface Window {
  readonly fromMs: number
  readonly toMs: number
}

export interface BacktestPlan {
  readonly window: Window
  readonly assume: Assumptions
  readonly versions: readonly PlannedVersion[]
  /** All versions, decided between by the arbiter. */
  readonly together: SimulatedRules
  /** Each version as if there were no other, in the order of `versions`. */
  readonly alone: readonly LonelyVersion[]
}

export interface LonelyVersion {
  readonly version: PlannedVersion
  readonly rules: SimulatedRules
  /** The events that let somebody in; null where something else than an event may. */
  readonly entryEvents: ReadonlySet<string> | null
}

/** Compiles what one backtest plays: once, whatever the number of customers. */
export function planBacktest(input: {
  readonly window: Window
  readonly assume: Assumptions
  readonly versions: readonly PlannedVersion[]
  readonly rules: RulesBeside
}): BacktestPlan {
  const versions = input.versions.toSorted((a, b) => (a.journey.key < b.journey.key ? -1 : 1))
  const rulesOf = (some: readonly PlannedVersion[]): SimulatedRules =>
    publishedAs(
      some.map(({ draft: _draft, ...version }) => ({ ...version, live: true })),
      input.rules,
    )
  return {
    window: input.window,
    assume: input.assume,
    versions,
    together: rulesOf(versions),
    alone: versions.map((version) => ({
      version,
      rules: rulesOf([version]),
      entryEvents: entryEventsOf(version.journey.entry.on),
    })),
  }
}

/** Names of all events that some rule of these plans reads: the others need not be fetched. */
export function eventNamesOf(plans: readonly BacktestPlan[]): string[] {
  const names = plans.flatMap(({ together }) => Object.keys(together.book.events))
  return [...new Set(names)].toSorted()
}

/** Whether some rule of these plans asks where customers came: then every event with a source tells. */
export const askForTouchpoints = (plans: readonly BacktestPlan[]): boolean =>
  plans.some(({ together }) => Object.hasOwn(together.book.traits, TOUCHPOINTS_TRAIT))

function entryEventsOf(triggers: readonly Trigger[]): ReadonlySet<string> | null {
  const names = triggers.map((trigger) => ('event' in trigger ? trigger.event : null))
  return names.includes(null) ? null : new Set(names.filter((name) => name !== null))
}

import type { ConditionScope, Evaluation, ScopeEvent } from '../conditions.ts'
import { evaluateCondition } from '../conditions.ts'
import { localZone } from '../contact/customer-zone.ts'
import { invariant } from '../errors.ts'
import type { RunDefinition } from '../journeys/journey.ts'
import type { StepId } from '../journeys/values.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { CustomerState, EntryEvent, Run } from './customer-state.ts'
import { valueSoFar } from './tries.ts'
import type {
  ConditionFailure,
  DroppedDelivery,
  Effect,
  EmittedEvent,
  ExclusionChange,
  MigrationMove,
  RunRecord,
  TimelineEntry,
} from './effects.ts'

/** What of the published rules concerns this call: the book in force for the actor, versions of its runs. */
export interface Rules {
  readonly book: RuleBook | null
  /** By content hash. */
  readonly definitions: Readonly<Record<string, RunDefinition>>
}

export interface StepVisit {
  readonly journey: string
  readonly version: number
  readonly step: StepId
}

/**
 * One call of `advance()` in the making: the state as it is so far, and what came of it. The only
 * mutable thing in `domain/`; it never outlives the call.
 */
export interface Turn {
  state: CustomerState
  readonly rules: Rules
  readonly nowMs: number
  readonly effects: Effect[]
  readonly entries: TimelineEntry[]
  /** Runs that changed, by id, as they are now. */
  readonly runs: Map<string, RunRecord>
  readonly dropped: DroppedDelivery[]
  readonly traits: Record<string, JsonValue>
  /** By which journey each of them was set. */
  readonly traitsBy: Record<string, string>
  readonly emitted: EmittedEvent[]
  readonly moves: MigrationMove[]
  /** Exclusions that were opened or closed, by id, as they are now. */
  readonly exclusions: Map<string, ExclusionChange>
  readonly failures: ConditionFailure[]
  /** Of conditions that are looked at in every turn, by path: written with what there is to write, never alone. */
  readonly standingFailures: Map<string, ConditionFailure>
  /** Every step that a run came to, also those it left at once. */
  readonly visits: StepVisit[]
  /** Something has changed on which sends that are held, or on their way, may hang. */
  isChanged: boolean
  /** The dates and the zone that waits and triggers were reckoned from; see `dates.ts`. */
  reckoned: { readonly dates: Readonly<Record<string, string>>; readonly zone: string }
}

export function beginTurn(state: CustomerState, rules: Rules, nowMs: number): Turn {
  return {
    state,
    rules,
    nowMs,
    effects: [],
    entries: [],
    runs: new Map(),
    dropped: [],
    traits: {},
    traitsBy: {},
    emitted: [],
    moves: [],
    exclusions: new Map(),
    failures: [],
    standingFailures: new Map(),
    visits: [],
    isChanged: false,
    reckoned: { dates: state.facts.dates, zone: localZone(state.zone, rules.book?.contact) },
  }
}

/** The zone of every local time of this customer. */
export const zoneOf = ({ state, rules }: Turn): string => localZone(state.zone, rules.book?.contact)

/** Writes a line into the customer's timeline. */
export function note(
  turn: Turn,
  kind: TimelineEntry['kind'],
  atMs: number,
  summary: string,
  data: JsonObject = {},
): void {
  turn.entries.push({ atMs, kind, summary, data })
}

export function patch(turn: Turn, changes: Partial<CustomerState>): void {
  turn.state = { ...turn.state, ...changes }
}

/** Whether a run competes with others. Those of the service lane run beside them, and are never paused. */
export const isForeground = ({ lane }: Pick<Run, 'lane'>): boolean => lane !== 'service'

/** The run that has the foreground. */
export const activeRun = (state: CustomerState): Run | undefined =>
  state.runs.find((run) => run.status === 'active' && isForeground(run))

export const runById = (state: CustomerState, runId: string): Run | undefined =>
  state.runs.find((run) => run.runId === runId)

/** The version a run is pinned to. It is loaded before anything is handled. */
export function definitionOf(turn: Turn, hash: string): RunDefinition {
  const definition = turn.rules.definitions[hash]
  invariant(definition !== undefined, `definition ${hash} is loaded before its run moves`)
  return definition
}

/**
 * What conditions see: of the customer, of the event that just happened, of a run: the event that let
 * the customer in, and what webhooks answered.
 */
export function scopeOf(
  turn: Turn,
  atMs: number,
  event: ScopeEvent | null,
  run: RunInSight | null,
): ConditionScope {
  const { state } = turn
  const formulas = turn.rules.book?.facts
  return {
    nowMs: atMs,
    zone: zoneOf(turn),
    ...(formulas === undefined ? {} : { facts: formulas }),
    customer: {
      traits: state.facts.traits,
      has: state.facts.has,
      lifecycle: state.lifecycle.state,
      value: valueSoFar(state),
      consents: state.consents,
      counters: state.facts.counters,
      returned: state.facts.returned,
      journeys: state.runs.map((run) => run.journey),
    },
    event,
    entry: run?.entry ?? null,
    answers: run?.answers ?? {},
  }
}

/** What conditions may see of a run, or of one that could begin. */
type RunInSight = { readonly entry: EntryEvent } & Partial<Pick<Run, 'answers'>>

/** Names a condition for the count of failures: JSON pointer in its version. */
export interface ConditionPlace {
  readonly journey: string
  readonly version: number
  readonly path: string
}

/** A condition's verdict. One that fails on this customer's data is false, and counted. */
export function holds(
  turn: Turn,
  source: string | undefined,
  place: ConditionPlace,
  scope: ConditionScope,
): boolean {
  if (source === undefined) return true
  return valueOr(turn, evaluateCondition(source, scope), place, false)
}

/**
 * The same for a condition of the contact policy that is looked at whatever happens. It costs a
 * customer on whom it fails nothing: a failure is counted once, in turns that are recorded anyway.
 */
export function holdsStanding(
  turn: Turn,
  source: string | undefined,
  place: ConditionPlace,
  scope: ConditionScope,
): boolean {
  if (source === undefined) return true
  const evaluation = evaluateCondition(source, scope)
  if (evaluation.ok) return evaluation.value
  turn.standingFailures.set(place.path, { ...place, message: evaluation.message })
  return false
}

/** The value of an evaluation, or `otherwise` where it failed; failures are counted. */
export function valueOr<T>(
  turn: Turn,
  evaluation: Evaluation<T>,
  place: ConditionPlace,
  otherwise: T,
): T {
  if (evaluation.ok) return evaluation.value
  turn.failures.push({ ...place, message: evaluation.message })
  return otherwise
}

import type { ArbitrationRequest } from '../decisioning/arbitration.ts'
import type { Lane, LifecycleState, LockScope, MessageClass } from '../journeys/journey.ts'
import type { ChannelName, SendWindow, StepId } from '../journeys/values.ts'
import type { Exclusion } from '../contact/policy.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { CustomerState, EntryEvent, Exported, LoadRequest } from './customer-state.ts'
import type { ForwardedOutcome } from './inputs.ts'

/**
 * Everything an actor can want. Carried out by a driver: the workflow, the simulator, a test.
 * `record` rides on the first `arbitrate`, `deliver`, `call` or `handOver` of its turn where there is one.
 */
export type Effect =
  | { readonly type: 'load'; readonly request: LoadRequest }
  | {
      readonly type: 'arbitrate'
      readonly request: ArbitrationRequest
      readonly record: TurnRecord | null
    }
  | {
      readonly type: 'deliver'
      readonly request: DeliveryRequest
      readonly record: TurnRecord | null
    }
  /** Takes back the send or the call of that id, where it has not begun. */
  | { readonly type: 'withdraw'; readonly key: string }
  | { readonly type: 'call'; readonly request: CallRequest; readonly record: TurnRecord | null }
  /** Gives all that a customer holds to the one that it becomes part of. Answered by `handedOver`. */
  | { readonly type: 'handOver'; readonly legacy: Legacy; readonly record: TurnRecord | null }
  /** Tells the customer that this one became part of what became of a send or a call. */
  | { readonly type: 'forward'; readonly mergeId: string; readonly outcome: ForwardedOutcome }
  | { readonly type: 'record'; readonly record: TurnRecord; readonly snapshot: CustomerState }

/** What the loser of a merge leaves to the winner. */
export interface Legacy {
  readonly mergeId: string
  readonly exported: Exported
  /** The last batch that it has handled: what came after is the winner's. */
  readonly lastBatch: number
}

/** One try of something that a step wants of the world. Ids and codes only; the activity loads the rest. */
export interface Try {
  readonly customerId: string
  readonly test: boolean
  readonly runId: string
  readonly journey: string
  readonly version: number
  readonly hash: string
  readonly step: StepId
  readonly attempt: number
  readonly entry: EntryEvent
  /** The actor's clock: `now` in templates, the base of `retryAt`. A test customer may live weeks ahead. */
  readonly nowMs: number
  /** After this instant a temporary failure is final. */
  readonly giveUpAtMs: number
  /** What a template sees of the customer besides traits. */
  readonly lifecycle: LifecycleState
  /** Worth of all purchases so far, major units. Absent: nothing was bought. */
  readonly value?: number
  readonly counts: Readonly<Record<string, number>>
  /** What webhooks answered in this run. Absent: nothing. */
  readonly answers?: Readonly<Record<string, JsonValue>>
}

/** One try of one message on one channel. */
export interface DeliveryRequest extends Try {
  readonly deliveryId: string
  readonly message: string
  readonly channel: ChannelName
  readonly class: MessageClass
  /** Hash of the contact policy under which the actor let it pass. Absent: none was published. */
  readonly policy?: string
  /** The last batch that the actor had handled: later ones may hold what forbids it. */
  readonly throughBatch?: number
  /** The customer's group, as the policy tells them apart. Absent: none. */
  readonly group?: string
  /** A message of the policy that goes out instead. */
  readonly instead?: string
  /** When it may go out; from the step. */
  readonly sendWindow?: readonly SendWindow[]
  /** Of what is scarce the worthiest goes first. */
  readonly worth?: number
  /** What splits and choices picked on the way here: `<step>:<arm or variant>`. Absent: there were none. */
  readonly variants?: readonly string[]
}

/** One try of a webhook step. */
export interface CallRequest extends Try {
  readonly callId: string
}

/** What one turn changed, for people and reports. Keyed by customer and turn: a retry writes the same rows. */
export interface TurnRecord {
  readonly customerId: string
  readonly turn: number
  readonly entries: readonly TimelineEntry[]
  /** Runs that began, moved or ended in this turn, as they are now. */
  readonly runs: readonly RunRecord[]
  /** Verdicts of the actor's own gate that never reach a send activity. */
  readonly deliveries: readonly DroppedDelivery[]
  /** Traits set by `update` steps. */
  readonly traits: Readonly<Record<string, JsonValue>>
  /** By which journey each of them was set. Absent: none was, or the actor ran on an older release. */
  readonly traitsBy?: Readonly<Record<string, string>>
  readonly page: CustomerPage
  /** Exclusions that were opened or closed. Absent: none. */
  readonly exclusions?: readonly ExclusionChange[]
  /** Events that `emit` steps made; written to the log. Absent: none. */
  readonly emitted?: readonly EmittedEvent[]
  /** What became of runs that a migration asked. Absent: none. */
  readonly moves?: readonly MigrationMove[]
  /** Conditions that failed on this customer's data, per version. */
  readonly failures: readonly ConditionFailure[]
}

export interface TimelineEntry {
  readonly atMs: number
  readonly kind:
    | 'lifecycle'
    | 'run'
    | 'step'
    | 'goal'
    | 'consent'
    | 'deferred'
    | 'trait'
    | 'choice'
    | 'call'
    | 'exclusion'
    | 'send'
    | 'offer'
    | 'merge'
  readonly summary: string
  readonly data: JsonObject
}

/** An exclusion as it is now. Closed: when, and by what. */
export interface ExclusionChange extends Exclusion {
  readonly closed: { readonly atMs: number; readonly by: string } | null
}

/** `emitId` names the visit that made it: a repeat writes the same row. */
export interface EmittedEvent {
  readonly emitId: string
  readonly name: string
  readonly properties: JsonObject
  readonly atMs: number
  readonly depth: number
  readonly journey: string
  readonly version: number
  readonly step: StepId
}

/**
 * `busy`: a send or a call is on its way. `elsewhere`: the run stands on another step than it was
 * judged for. Both are asked again.
 */
export interface MigrationMove {
  readonly migrationId: string
  readonly runId: string
  readonly result: 'moved' | 'exited' | 'busy' | 'elsewhere' | 'gone' | 'undone' | 'kept'
  readonly from: StepId | null
  readonly to: StepId | null
}

export interface RunRecord {
  readonly runId: string
  readonly journey: string
  readonly version: number
  readonly status: 'active' | 'waiting' | 'paused' | 'ended'
  readonly step: StepId
  readonly sinceMs: number
  readonly enteredAtMs: number
  readonly wakeAtMs: number | null
  readonly locked: boolean
  /** How long it holds the customer. Absent: not at all. `untilMs` null: until it ends, or comes to a step. */
  readonly lock?: {
    readonly scope: LockScope
    readonly untilMs: number | null
  }
  /** Absent: `foreground`. */
  readonly lane?: Lane
  readonly endedAtMs: number | null
  readonly endReason: string | null
  readonly goalValueMinor: number | null
}

export interface DroppedDelivery {
  readonly deliveryId: string
  readonly atMs: number
  readonly runId: string
  readonly journey: string
  readonly version: number
  readonly step: StepId
  readonly message: string
  readonly channel: ChannelName
  readonly status: 'dropped' | 'skipped' | 'muted' | 'held' | 'parked'
  readonly reason: string
}

/** The customer's page in SQL, as far as the actor knows it. */
export interface CustomerPage {
  readonly atMs: number
  readonly lifecycle: {
    readonly state: LifecycleState
    readonly sinceMs: number
    readonly previous: LifecycleState | null
    readonly reason: string
  }
  readonly deferred: readonly {
    readonly journey: string
    readonly untilMs: number
    readonly reason: string
  }[]
  readonly nextWakeAtMs: number | null
  /** The group of the contact policy. Absent: none. */
  readonly group?: string
}

export interface ConditionFailure {
  readonly journey: string
  readonly version: number
  /** JSON pointer of the condition in the definition. */
  readonly path: string
  readonly message: string
}

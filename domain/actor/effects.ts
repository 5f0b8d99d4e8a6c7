import type { ArbitrationRequest } from '../decisioning/arbitration.ts'
import type { ChannelName, LifecycleState, MessageClass, StepId } from '../journeys/journey.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { CustomerState, EntryEvent, LoadRequest } from './customer-state.ts'

/**
 * Everything an actor can want. Carried out by a driver: the workflow, the simulator, a test.
 * `record` rides on the first `arbitrate` or `deliver` of its turn where there is one.
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
  | { readonly type: 'withdraw'; readonly deliveryId: string }
  | { readonly type: 'record'; readonly record: TurnRecord; readonly snapshot: CustomerState }

/** One try of one message on one channel. Ids and codes only; the activity loads texts and addresses. */
export interface DeliveryRequest {
  readonly deliveryId: string
  readonly customerId: string
  readonly test: boolean
  readonly runId: string
  readonly journey: string
  readonly version: number
  readonly hash: string
  readonly step: StepId
  readonly message: string
  readonly channel: ChannelName
  readonly class: MessageClass
  readonly attempt: number
  readonly entry: EntryEvent
  /** The actor's clock: `now` in templates, the base of `retryAt`. A test customer may live weeks ahead. */
  readonly nowMs: number
  /** After this instant a temporary failure is final. */
  readonly giveUpAtMs: number
  /** What the template sees of the customer besides traits. */
  readonly lifecycle: LifecycleState
  readonly counts: Readonly<Record<string, number>>
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
  readonly page: CustomerPage
  /** Conditions that failed on this customer's data, per version. */
  readonly failures: readonly ConditionFailure[]
}

export interface TimelineEntry {
  readonly atMs: number
  readonly kind: 'lifecycle' | 'run' | 'step' | 'goal' | 'consent' | 'deferred' | 'trait'
  readonly summary: string
  readonly data: JsonObject
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
  readonly status: 'dropped' | 'skipped' | 'muted'
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
}

export interface ConditionFailure {
  readonly journey: string
  readonly version: number
  /** JSON pointer of the condition in the definition. */
  readonly path: string
  readonly message: string
}

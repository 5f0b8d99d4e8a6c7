import type { DeliveryRequest, DroppedDelivery, TimelineEntry } from '../actor/effects.ts'
import type { ArbitrationRequest, Decision } from '../decisioning/arbitration.ts'
import type { StepVisit } from '../actor/turn.ts'

/** What became of one customer under one set of rules. */
export interface PlayedLife {
  /** The actor's notes, in order. */
  readonly entries: readonly TimelineEntry[]
  readonly sends: readonly DeliveryRequest[]
  readonly decisions: readonly {
    readonly decision: Decision
    readonly request: ArbitrationRequest
  }[]
  readonly visits: readonly StepVisit[]
  /** Messages that the gate kept back, for good or for a while. */
  readonly unsent: readonly Pick<DroppedDelivery, 'journey' | 'version' | 'status' | 'reason'>[]
  /** Journeys of the runs still open at the end of the window. */
  readonly open: readonly { readonly journey: string; readonly version: number }[]
}

/** A customer under one plan: all journeys together, and each alone. */
export interface PlayedCustomer {
  /** Rows of the window that some rule names, and of the time before. */
  readonly events: { readonly window: number; readonly history: number }
  readonly together: PlayedLife
  /** In the order of the plan's `alone`. */
  readonly alone: readonly PlayedLife[]
}

import type { Run, Wait, Wake } from '../actor/customer-state.ts'
import type { OnCap } from '../contact/policy.ts'
import type { JsonObject, JsonValue } from '../json.ts'
import type { ChannelName, Condition, SendWindow, StepId } from './values.ts'
import type { Step } from './step.ts'

/** What a step may know. No clock, no dice: `atMs` is the instant of the input that led here. */
export interface StepContext {
  readonly atMs: number
  /** The customer's own. */
  readonly zone: string
  readonly customerId: string
  readonly run: Pick<Run, 'runId' | 'journey' | 'step' | 'visit' | 'met' | 'rounds'>
  /** Arms that the customer was sent before, by salt. */
  readonly arms: Readonly<Record<string, string>>
  /** Dates by trait, as `date-facts.ts` writes them. */
  readonly dates: Readonly<Record<string, string>>
  /** A condition that fails on the customer's data is false, and counted under `path`. */
  readonly holds: (condition: Condition, path: string) => boolean
  /** Undefined where the expression fails on the customer's data. */
  readonly valueOf: (expression: Condition, path: string) => JsonValue | undefined
}

/** What a step may know of an event that it might be waiting for. */
export interface EventContext extends Pick<StepContext, 'holds'> {
  readonly name: string
  readonly properties: JsonObject
  /** Of the event that let the customer in. */
  readonly entryProperties: JsonObject
}

/** What a step changes on the way to the next one. */
export interface StepChanges {
  /** Traits of the customer. */
  readonly traits?: Readonly<Record<string, JsonValue>>
  /** The arm of a split that the customer is sent from now on. */
  readonly arm?: { readonly salt: string; readonly arm: string }
  /** Which of its ways the step sends the run on, of those whose messages are compared. */
  readonly pick?: string
  /** Shown in the timeline, for people and for a learner. */
  readonly choice?: { readonly summary: string; readonly data: JsonObject }
  readonly emit?: { readonly name: string; readonly properties: JsonObject }
  /** Of this step. Null: the repetition is over. */
  readonly rounds?: number | null
  /** What was remembered for this step is used up. */
  readonly forgetMet?: true
}

/** Everything a step can ask for. Data: it can be tested, logged, shown in a preview. */
export type StepOutcome =
  | { readonly type: 'goTo'; readonly step: StepId; readonly changes?: StepChanges }
  | { readonly type: 'wait'; readonly wait: Extract<Wait, { type: 'until' | 'event' }> }
  | {
      readonly type: 'send'
      readonly message: string
      readonly channels: readonly ChannelName[]
      /** After this instant it is not sent any more. */
      readonly sendByMs?: number
      readonly sendWindow?: readonly SendWindow[]
      readonly onCap?: OnCap
    }
  | { readonly type: 'call' }
  | { readonly type: 'exit'; readonly reason: string }

/** One step type. Handlers know one thing each; the loop and its bound are in `walk.ts`. */
export interface StepHandler<S extends Step> {
  /** What happens when a run arrives. Asked again where a wait must be reckoned anew. */
  readonly enter: (step: S, context: StepContext) => StepOutcome
  /** Where the run goes when its wait is over. Steps that never wait have none. */
  readonly resume?: (step: S, wake: Wake) => StepId
  /** Which of the awaited events this one is; null where it is none. */
  readonly accepts?: (step: S, event: EventContext) => number | null
  /** Whether it counts what happens from the entry on, wherever the run stands. */
  readonly hearsSinceEntry?: (step: S) => boolean
}

import type { Wait, Wake } from '../actor/customer-state.ts'
import type { JsonValue } from '../json.ts'
import type { ChannelName, Condition, Step, StepId } from './journey.ts'

/** What a step may know. No clock, no dice: `atMs` is the instant of the input that led here. */
export interface StepContext {
  readonly atMs: number
  readonly zone: string
  /** A condition that fails on the customer's data is false, and counted under `path`. */
  readonly holds: (condition: Condition, path: string) => boolean
  /** Undefined where the expression fails on the customer's data. */
  readonly valueOf: (expression: Condition, path: string) => JsonValue | undefined
}

/** Everything a step can ask for. Data: it can be tested, logged, shown in a preview. */
export type StepOutcome =
  | {
      readonly type: 'goTo'
      readonly step: StepId
      readonly traits?: Readonly<Record<string, JsonValue>>
    }
  | { readonly type: 'wait'; readonly wait: Extract<Wait, { type: 'until' | 'event' }> }
  | { readonly type: 'send'; readonly message: string; readonly channels: readonly ChannelName[] }
  | { readonly type: 'exit'; readonly reason: string }

/** One step type. Handlers know one thing each; the loop and its bound are in `runs.ts`. */
export interface StepHandler<S extends Step> {
  /** What happens when a run arrives. */
  readonly enter: (step: S, context: StepContext) => StepOutcome
  /** Where the run goes when its wait is over. Steps that never wait have none. */
  readonly resume?: (step: S, wake: Wake) => StepId
  /** Whether an event of the awaited name ends the wait. */
  readonly accepts?: (step: S, context: StepContext) => boolean
}

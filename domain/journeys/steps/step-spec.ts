import type { ZodType } from 'zod'
import type { Finding } from '../../errors.ts'
import type { ChannelName, Condition, Message, Step, StepId } from '../journey.ts'

/** A value and where it stands: `path` is a JSON pointer, here relative to the step. */
export interface Place {
  readonly path: string
  readonly value: string
}

/** A piece of CEL in a step. `event`: the event it may look at; null where there is none. */
export interface StepCondition {
  readonly path: string
  readonly source: Condition
  /** `condition` must yield true or false, `value` anything. */
  readonly yields: 'condition' | 'value'
  readonly event: string | null
}

/** What the checks of one step may know of the rest of the journey. */
export interface StepSurroundings {
  /** Null stands for a message that could not be read. */
  readonly messages: ReadonlyMap<string, Message | null>
}

/**
 * How a step type is written, beside the handler that runs it: its shape, and what the checker and
 * the compiler must know of it. They hold no `if` about a step type.
 */
export interface StepSpec<S extends Step = Step> {
  readonly schema: ZodType<S>
  /** Whether a run always stays here for a while, so that a loop through it is not endless. */
  readonly rests: (step: S) => boolean
  /** Where a run can go. Without any, the step ends the run. */
  readonly links: (step: S) => readonly (Place & { readonly value: StepId })[]
  readonly conditions?: (step: S) => readonly StepCondition[]
  readonly durations?: (step: S) => readonly Place[]
  /** Events that it listens for. */
  readonly events?: (step: S) => readonly string[]
  /** Traits that it sets. */
  readonly traits?: (step: S) => readonly string[]
  readonly message?: (step: S) => string
  /** Channels it may use of those that its message has. */
  readonly channels?: (step: S, message: Message | undefined) => readonly ChannelName[]
  /** The step as the engine runs it, defaults filled in. */
  readonly compile?: (step: S, messages: Readonly<Record<string, Message>>) => S
  /** What else can be wrong; paths relative to the step. */
  readonly problems?: (step: S, around: StepSurroundings) => readonly Finding[]
}

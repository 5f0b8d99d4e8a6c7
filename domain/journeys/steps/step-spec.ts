import type { ZodType } from 'zod'
import type { Finding } from '../../errors.ts'
import type { Message } from '../journey.ts'
import type { ChannelName, Condition, StepId } from '../values.ts'
import type { Step } from '../step.ts'

/** A value and where it stands: `path` is a JSON pointer, here relative to the step. */
export interface Place {
  readonly path: string
  readonly value: string
}

/** Where a run can go. */
export interface Link extends Place {
  readonly value: StepId
  /** A run that takes it has stayed a while, here or on its way round: no loop through it is endless. */
  readonly takesTime?: boolean
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
  /** Where a run can go. Without any, the step ends the run. */
  readonly links: (step: S) => readonly Link[]
  /** The link that a run takes a bounded number of times, as of a `repeat`. */
  readonly round?: (step: S) => Link
  readonly conditions?: (step: S) => readonly StepCondition[]
  readonly durations?: (step: S) => readonly Place[]
  /** Durations that may be negative. */
  readonly offsets?: (step: S) => readonly Place[]
  readonly instants?: (step: S) => readonly Place[]
  /** Times of day. */
  readonly localTimes?: (step: S) => readonly Place[]
  /** IANA time zones. */
  readonly zones?: (step: S) => readonly Place[]
  /** Events that it listens for. */
  readonly events?: (step: S) => readonly string[]
  /** Events that it makes. */
  readonly emits?: (step: S) => readonly string[]
  /** Properties that it compares between the entry event and one of that name. */
  readonly correlates?: (
    step: S,
  ) => readonly { readonly event: string; readonly property: string }[]
  /** Traits that hold a date it waits for. */
  readonly dates?: (step: S) => readonly string[]
  /** Names under which answers from outside are kept. */
  readonly saves?: (step: S) => readonly string[]
  /** Templates besides those of its message. */
  readonly texts?: (step: S) => readonly Place[]
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

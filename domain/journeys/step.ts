import type { OnCap } from '../contact/policy.ts'
import type { JsonValue } from '../json.ts'
import type {
  ChannelName,
  Condition,
  Deadline,
  IsoDuration,
  IsoInstant,
  LocalTime,
  SendWindow,
  SignedDuration,
  StepId,
  Weekday,
} from './values.ts'

/** One file per member in `steps/`; the registry there is a mapped type over this union. */
export type Step =
  | MessageStep
  | WaitStep
  | WaitForStep
  | BranchStep
  | SplitStep
  | ChooseStep
  | UpdateStep
  | EmitStep
  | WebhookStep
  | RepeatStep
  | ExitStep
export type StepType = Step['type']

export interface MessageStep {
  readonly type: 'message'
  readonly message: string
  /** Order of preference. Default: the channels that the message has content for, in the order of `CHANNELS`. */
  readonly channels?: readonly ChannelName[]
  readonly next: StepId
  /** Where a run goes when no channel could send. Default: `next`. */
  readonly onFail?: StepId
  /**
   * The latest that it may go out: an instant, or a duration from the arrival at this step. Later it
   * is not sent, and the run goes to `onFail`. Default: three days.
   */
  readonly sendBy?: Deadline
  /** It goes out in one of these windows of the customer's clock only. */
  readonly sendWindow?: readonly SendWindow[]
  /** What becomes of it where a cap forbids it. Default: as the contact policy says. */
  readonly onCap?: OnCap
}

/**
 * Sleeps: `for` a duration, `until` an instant, or until a `date` that a trait holds; then on to the
 * next local time `at` and one of the `weekdays`. `at` and `weekdays` may stand alone.
 */
export interface WaitStep {
  readonly type: 'wait'
  readonly for?: IsoDuration
  readonly until?: IsoInstant
  /** Re-armed when the trait changes. */
  readonly date?: string
  readonly offset?: SignedDuration
  readonly yearly?: true
  readonly at?: LocalTime
  readonly weekdays?: readonly Weekday[]
  /** IANA zone of `at` and `weekdays`. Default: the customer's. */
  readonly zone?: string
  readonly next: StepId
  /** With `date`: where to go when the customer has no such date. */
  readonly onMissing?: StepId
  /** With `date`: where to go when it has passed. */
  readonly onPast?: StepId
}

/** Waits for `event`, or for any of `events`, at most `within`. */
export interface WaitForStep extends Partial<Awaited> {
  readonly type: 'waitFor'
  readonly events?: readonly (Awaited & { readonly next?: StepId })[]
  readonly within: IsoDuration
  /** What has happened since entry counts too, and then there is no wait. */
  readonly sinceEntry?: true
  readonly next: StepId
  readonly onTimeout: StepId
}

export interface Awaited {
  readonly event: string
  readonly when?: Condition
  /** A property that must be there and be the same as in the entry event. */
  readonly same?: string
}

export interface BranchStep {
  readonly type: 'branch'
  readonly cases: readonly { readonly when: Condition; readonly next: StepId }[]
  readonly else: StepId
}

/**
 * Sends customers different ways by chance, by weights that sum to 100. Sticky: the same customer goes
 * the same way again, also after re-entry and in a later version with a split of that salt.
 */
export interface SplitStep {
  readonly type: 'split'
  readonly arms: readonly { readonly id: string; readonly weight: number; readonly next: StepId }[]
  /** Splits of one salt agree on everybody. Default: journey key and step. */
  readonly salt?: string
}

/**
 * Picks a variant anew at every visit, by weights that sum to 100, and notes the propensity with
 * which it was picked, so that a learner can take over.
 */
export interface ChooseStep {
  readonly type: 'choose'
  readonly variants: readonly {
    readonly id: string
    readonly weight: number
    readonly next: StepId
    /** What a learner may know of the variant. */
    readonly features?: Readonly<Record<string, string | number | boolean>>
  }[]
}

/** A literal, or `{ expr }`: CEL whose result is taken. */
export type Computed = string | number | boolean | null | { readonly expr: Condition }

/** Sets traits of the customer. */
export interface UpdateStep {
  readonly type: 'update'
  readonly set: Readonly<Record<string, Computed>>
  readonly next: StepId
}

/** Makes an event of this customer, which takes its way like any other. */
export interface EmitStep {
  readonly type: 'emit'
  readonly event: string
  readonly properties?: Readonly<Record<string, Computed>>
  readonly next: StepId
}

/** Calls a system outside and goes on with its answer. */
export interface WebhookStep {
  readonly type: 'webhook'
  /** Not a template: where data goes is fixed when the journey is published. */
  readonly url: string
  readonly method?: 'POST' | 'PUT' | 'GET'
  /** Every text in it is a Liquid template. */
  readonly body?: JsonValue
  /** Conditions and messages of the run see the answer as `answers.<saveAs>`: `status` and `body`. */
  readonly saveAs?: string
  /** Of one try. Default and most: `PT30S`. */
  readonly timeout?: IsoDuration
  /** How long it is tried again. Default `PT1H`. */
  readonly retryFor?: IsoDuration
  readonly next: StepId
  /** Where to go when it did not answer with success. Default: `next`. */
  readonly onFail?: StepId
}

/** Goes to `body` up to `times` times, then to `next`. The body leads back here. */
export interface RepeatStep {
  readonly type: 'repeat'
  readonly times: number
  /** Judged before every round; the first time that it does not hold ends the repetition. */
  readonly while?: Condition
  readonly body: StepId
  readonly next: StepId
}

export interface ExitStep {
  readonly type: 'exit'
  readonly reason?: string
}

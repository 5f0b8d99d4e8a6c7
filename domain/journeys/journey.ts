import type { JsonValue } from '../json.ts'

/** CEL source, checked when the journey is published. See `conditions.ts` for what it can see. */
export type Condition = string
/** ISO 8601, for example `P3D` or `PT2H`. */
export type IsoDuration = string
/** `HH:MM` on the customer's own clock. */
export type LocalTime = string
export type StepId = string

export const CHANNELS = ['email', 'webhook'] as const
export type ChannelName = (typeof CHANNELS)[number]

/** Decides which contact rules hold for a journey's messages, never which lane it runs in. */
export type MessageClass = 'service' | 'relationship' | 'marketing'

/** The nine states a customer can be in. Exactly one holds at any instant. */
export const LIFECYCLE_STATES = [
  'new',
  'prospect',
  'waiting',
  'at_risk',
  'lost',
  'hero',
  'occasional',
  'repeater',
  'ghost',
] as const
export type LifecycleState = (typeof LIFECYCLE_STATES)[number]

/** A journey as a marketer publishes it. `journey.schema.ts` parses the same shape from outside. */
export interface Journey {
  readonly key: string
  readonly title?: string
  readonly class: MessageClass
  readonly arbitration: Arbitration
  readonly entry: Entry
  readonly exit?: readonly ExitRule[]
  readonly goal?: Goal
  /** What becomes of the run when another journey takes over. Default `pause`. */
  readonly onPreempt?: 'pause' | 'abandon'
  /** How long a paused run may wait before it is abandoned. Default `P14D`. */
  readonly staleAfter?: IsoDuration
  /** How long an eligible loser is kept for a later arbitration. Default `P14D` for manual, none for auto. */
  readonly queueFor?: IsoDuration
  readonly start: StepId
  readonly steps: Readonly<Record<StepId, Step>>
  readonly messages?: Readonly<Record<string, Message>>
}

/**
 * `manual`: a higher rank wins, any manual candidate precedes all auto ones, and `lock: 'journey'`
 * holds the customer until the run ends. `auto`: the highest `propensity × value × lever` wins.
 */
export type Arbitration =
  | { readonly mode: 'manual'; readonly rank: number; readonly lock?: 'journey' }
  | {
      readonly mode: 'auto'
      /** Worth of a success, in major currency units. */
      readonly value: number
      /** A marketer's thumb on the scale. Default 1. */
      readonly lever?: number
      /** Prior probability of success, 0 to 1, until a model is live. Default 0.1. */
      readonly propensity?: number
    }

export interface Entry {
  readonly on: readonly Trigger[]
  readonly when?: Condition
  /** Default `{ mode: 'never' }`. */
  readonly reentry?: Reentry
}

export type Trigger =
  | { readonly event: string; readonly when?: Condition }
  | { readonly lifecycle: LifecycleState; readonly when?: Condition }

/** Counted over all versions of the journey; a paused run counts as inside. */
export type Reentry =
  | { readonly mode: 'never' }
  | { readonly mode: 'afterExit' }
  | { readonly mode: 'coolDown'; readonly for: IsoDuration }
  | { readonly mode: 'perKey'; readonly property: string }

/** Ends the run the instant it holds. Without `event` it is judged after every change of the customer. */
export interface ExitRule {
  readonly event?: string
  readonly when?: Condition
  readonly reason?: string
}

export interface Goal {
  readonly event: string
  readonly when?: Condition
  /** Counted from entry. After it the event no longer counts as the goal. */
  readonly within: IsoDuration
  /** CEL that yields the conversion's worth in major currency units. */
  readonly value?: Condition
}

/** One file per member in `steps/`; the registry there is a mapped type over this union. */
export type Step = MessageStep | WaitStep | WaitForStep | BranchStep | UpdateStep | ExitStep
export type StepType = Step['type']

export interface MessageStep {
  readonly type: 'message'
  readonly message: string
  /** Order of preference. Default: the channels that the message has content for, in the order of `CHANNELS`. */
  readonly channels?: readonly ChannelName[]
  readonly next: StepId
  /** Where a run goes when no channel could send. Default: `next`. */
  readonly onFail?: StepId
}

/** Sleeps `for` a duration, then until the next local time `at`; either may stand alone. */
export interface WaitStep {
  readonly type: 'wait'
  readonly for?: IsoDuration
  readonly at?: LocalTime
  readonly next: StepId
}

export interface WaitForStep {
  readonly type: 'waitFor'
  readonly event: string
  readonly when?: Condition
  readonly within: IsoDuration
  readonly next: StepId
  readonly onTimeout: StepId
}

export interface BranchStep {
  readonly type: 'branch'
  readonly cases: readonly { readonly when: Condition; readonly next: StepId }[]
  readonly else: StepId
}

/** Sets traits of the customer. A value is a literal, or `{ expr }`: CEL whose result is taken. */
export interface UpdateStep {
  readonly type: 'update'
  readonly set: Readonly<
    Record<string, string | number | boolean | null | { readonly expr: Condition }>
  >
  readonly next: StepId
}

export interface ExitStep {
  readonly type: 'exit'
  readonly reason?: string
}

/** What to say on each channel. Every text is a Liquid template. */
export interface Message {
  readonly email?: EmailContent
  readonly webhook?: WebhookContent
}

export interface EmailContent {
  readonly subject: string
  readonly html: string
  readonly text?: string
}

export interface WebhookContent {
  /** Not a template: where personal data goes is fixed when the journey is published. */
  readonly url: string
  readonly body: JsonValue
}

/**
 * What the engine needs of a version to run it: no titles, no texts (they are loaded by the send),
 * `channels` of every message step filled in. Durations stay ISO 8601.
 */
export interface RunDefinition extends Omit<Journey, 'title' | 'messages'> {
  readonly version: number
  /** Content hash of the whole version, texts included. */
  readonly hash: string
}

/**
 * What of a version decides whether somebody enters it. Travels with a batch whose events could
 * trigger it, and inside the rule book for lifecycle entries.
 */
export interface EntryRule {
  readonly journey: string
  readonly version: number
  readonly hash: string
  readonly class: MessageClass
  readonly arbitration: Arbitration
  readonly entry: Entry
  readonly exit?: readonly ExitRule[]
  readonly queueFor?: IsoDuration
  /** Channels any of its message steps could use; empty when it sends nothing. */
  readonly channels: readonly ChannelName[]
}

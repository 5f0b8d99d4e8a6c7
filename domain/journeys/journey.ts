import type { JsonValue } from '../json.ts'
import type { Step } from './step.ts'
import type {
  AdPlatform,
  Condition,
  IsoDuration,
  LocalTime,
  StepId,
  IsoInstant,
  SignedDuration,
  ChannelName,
  Weekday,
} from './values.ts'

/** Decides which contact rules hold for a journey's messages, never which lane it runs in. */
export const MESSAGE_CLASSES = ['service', 'relationship', 'marketing'] as const
export type MessageClass = (typeof MESSAGE_CLASSES)[number]

/** `foreground`: one run at a time. `service`: beside it; for class `service` only. */
export const LANES = ['foreground', 'service'] as const
export type Lane = (typeof LANES)[number]

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
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  readonly key: string
  readonly title?: string
  readonly class: MessageClass
  /** Default `foreground`. */
  readonly lane?: Lane
  readonly arbitration: Arbitration
  readonly entry: Entry
  /** When customers may enter; a paused run is not resumed outside it. Default: always. */
  readonly valid?: Validity
  readonly exit?: readonly ExitRule[]
  readonly goal?: Goal
  /**
   * What becomes of the run when another journey takes over. Default `pause`. `finishStep`: the other
   * one waits until the step is over, then the run is paused.
   */
  readonly onPreempt?: OnPreempt
  /** How long a paused run may wait before it is abandoned. Default `P14D`. */
  readonly staleAfter?: IsoDuration
  /** How long an eligible loser is kept for a later arbitration. Default `P14D` for manual, none for auto. */
  readonly queueFor?: IsoDuration
  readonly start: StepId
  readonly steps: Readonly<Record<StepId, Step>>
  readonly messages?: Readonly<Record<string, JourneyMessage>>
}

export type OnPreempt = 'pause' | 'abandon' | 'finishStep'

/**
 * How long a run holds its customer against other journeys: until it ends, until it comes to a step,
 * until an instant, or until a date that a trait holds.
 */
export type Lock =
  | 'journey'
  | { readonly untilStep: StepId }
  | { readonly until: IsoInstant }
  | { readonly untilDate: DateRule }

/** The four ways in which a lock ends, as they are named in `Lock`. */
export const LOCK_SCOPES = ['journey', 'untilStep', 'until', 'untilDate'] as const
export type LockScope = (typeof LOCK_SCOPES)[number]

/**
 * `manual`: a higher rank wins, any manual candidate precedes all auto ones, and `lock` holds the
 * customer. `auto`: the highest `propensity × context × value × lever` wins.
 */
export type Arbitration =
  | {
      readonly mode: 'manual'
      readonly rank: number
      readonly lock?: Lock
      /** May take over from a locked run of a lower rank. */
      readonly breaksLocks?: true
    }
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
  /** May be empty where an audience enters. */
  readonly on: readonly Trigger[]
  readonly audience?: AudienceEntry
  readonly when?: Condition
  /** Default `{ mode: 'never' }`. */
  readonly reentry?: Reentry
}

/** Lets in whoever belongs to an audience at that time, one after the other. */
export interface AudienceEntry {
  readonly key: string
  /**
   * Content hash of the audience's version, filled in when the journey is published. Default: the latest
   * one then.
   */
  readonly hash?: string
  /** Once, or again and again. Default: only when somebody begins it. */
  readonly at?: IsoInstant | EntryCalendar
  /** Customers in a second. Default `ENTERED_PER_SECOND`. */
  readonly perSecond?: number
}

export const ENTERED_PER_SECOND = 20

/** On these days at this time. What is not named is any. */
export interface EntryCalendar {
  readonly hour: number
  /** Default 0. */
  readonly minute?: number
  readonly weekdays?: readonly Weekday[]
  /** Days of the month. */
  readonly days?: readonly number[]
  /** From 1, January. */
  readonly months?: readonly number[]
  /** IANA name. Default `UTC`. */
  readonly zone?: string
}

export type Trigger =
  | { readonly event: string; readonly when?: Condition }
  | { readonly lifecycle: LifecycleState; readonly when?: Condition }
  | DateTrigger
  | EndTrigger
  | ApiTrigger

/** An instant reckoned from a trait that holds a date. */
export interface DateRule {
  /** Name of the trait: `YYYY-MM-DD`, or an RFC 3339 instant. */
  readonly date: string
  /** Days on the customer's calendar, before (`-P7D`) or after. */
  readonly offset?: SignedDuration
  /** Default `09:00`, or the instant's own time where the trait holds one. */
  readonly at?: LocalTime
  /** The same day of every year, as for a birthday. */
  readonly yearly?: true
}

/** Lets somebody in at that instant. One that has passed when it becomes known lets nobody in. */
export interface DateTrigger extends DateRule {
  readonly when?: Condition
}

/** Lets somebody in when a run of another journey ends. */
export interface EndTrigger {
  readonly ended: string
  /** Only these reasons. Default: any but a Cancel, a stopped version and a migration. */
  readonly reasons?: readonly string[]
  readonly when?: Condition
}

/** Lets in whom `POST /v1/customers/{id}/enter` names. */
export interface ApiTrigger {
  readonly api: true
  readonly when?: Condition
}

/** Either bound may be missing; `until` is exclusive. */
export interface Validity {
  readonly from?: IsoInstant
  readonly until?: IsoInstant
}

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

/** What to say on each channel. Every text is a Liquid template. */
export interface Message extends Contents {
  /** A capacity that it draws on, such as `contact-centre`: sent only as that allows. */
  readonly needs?: string
  /** What is said instead in a language, by its BCP 47 tag: `es`, `pt-BR`. */
  readonly locales?: Readonly<Record<string, Contents>>
}

/** Channel by channel. */
export interface Contents {
  readonly agent_task?: AgentTaskContent
  readonly audience_sync?: AudienceSyncContent
  readonly email?: EmailContent
  readonly onsite?: OnsiteContent
  readonly push?: PushContent
  readonly sms?: SmsContent
  readonly webhook?: WebhookContent
}

/** A message as it stands in a journey: written there, or one of the library. */
export interface JourneyMessage extends Message {
  /**
   * The key of a message of the library. Its hash and its content are filled in when the journey is
   * published.
   */
  readonly use?: string
  /** Content hash of that message's version. Default: the latest one when the journey is published. */
  readonly hash?: string
}

/** A proposal to the call centre, for when it has the customer on the line. */
export interface AgentTaskContent {
  readonly title: string
  /** What to propose, and how. */
  readonly text: string
  /** Why this customer, why now. */
  readonly reason: string
  /** 0 to 100. Default: 50. */
  readonly priority?: number
  /** How long it is worth proposing. Default: `P2D`. */
  readonly expiresIn?: IsoDuration
  /** Whether it is taken back when the run leaves before its exit step. Default: it outlives the run. */
  readonly withdrawWithRun?: boolean
}

/** Who is shown advertising elsewhere: a list at a platform, by hashed identifiers. */
export interface AudienceSyncContent {
  /** Not a template, as that of a webhook. */
  readonly url: string
  /** What the platform calls the list. */
  readonly list: string
  readonly action: 'add' | 'remove'
  /** Whose rules say how identifiers are written before they are hashed. */
  readonly platform: AdPlatform
}

export interface EmailContent {
  readonly subject: string
  readonly html: string
  readonly text?: string
}

/** How a message stands on a page: over it, or along its edge. */
export const ONSITE_KINDS = ['banner', 'popup'] as const

export interface OnsiteContent {
  readonly kind: (typeof ONSITE_KINDS)[number]
  readonly title: string
  readonly text: string
  /** Where it leads: `https://…`, or `/…` on the page's own site. */
  readonly link?: string
  /** What leads there; without a link it closes the message. Default: the title leads there. */
  readonly button?: string
  /** What the button that puts it away is called, for whoever does not see it. Default `Close`. */
  readonly close?: string
  /** How long it may be shown. Default `P1D`. */
  readonly expiresIn?: IsoDuration
}

export interface PushContent {
  readonly title: string
  readonly text: string
  /** What a tap opens: an address, or a place in the app. */
  readonly link?: string
}

export interface SmsContent {
  readonly text: string
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
export interface RunDefinition extends Omit<Journey, '$schema' | 'title' | 'messages'> {
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
  readonly lane?: Lane
  readonly arbitration: Arbitration
  readonly entry: Entry
  readonly exit?: readonly ExitRule[]
  readonly queueFor?: IsoDuration
  readonly valid?: Validity
  /** Channels any of its message steps could use; empty when it sends nothing. */
  readonly channels: readonly ChannelName[]
}

import type { Message, MessageClass } from '../journeys/journey.ts'
import type {
  ChannelName,
  Condition,
  IsoDuration,
  IsoInstant,
  LocalTime,
  SendWindow,
  Weekday,
} from '../journeys/values.ts'

/**
 * Who may be contacted, when and how often, over all journeys: published and versioned as a whole.
 * Everything is optional; an empty policy forbids nothing but what consent forbids.
 * `policy.schema.ts` parses the same shape from outside.
 */
export interface ContactPolicy {
  /** Where an editor finds the JSON Schema. Shapes nothing. */
  readonly $schema?: string
  /** IANA zone of customers of whom nothing says where they live. Default: UTC. */
  readonly zone?: string
  readonly caps?: readonly Cap[]
  readonly fatigue?: readonly FatigueRule[]
  readonly quietHours?: readonly QuietHours[]
  readonly sendWindows?: readonly PolicyWindow[]
  /** Customer groups, the most important first: the first whose condition holds is the customer's. */
  readonly groups?: readonly CustomerGroup[]
  /** The first rule that is meant decides; none: it is sent. */
  readonly matrix?: readonly MatrixRule[]
  /** What the matrix may send instead, by name. */
  readonly messages?: Readonly<Record<string, Message>>
  readonly exclusions?: readonly (ExclusionRule | ExclusionPreset)[]
  /** What a message costs of something scarce, such as the time of a contact centre, by name. */
  readonly capacities?: Readonly<Record<string, CapacityRule>>
  readonly throttles?: readonly Throttle[]
  /** Sending domain → how many mails a day, from its first day on. */
  readonly warmUp?: Readonly<Record<string, WarmUp>>
}

/** What a rule concerns; a member that is absent stands for all. */
export interface ContactScope {
  readonly classes?: readonly MessageClass[]
  readonly channels?: readonly ChannelName[]
}

/** What becomes of a message that a cap forbids now. */
export type OnCap = 'skip' | 'hold' | 'otherChannel'

/** At most `max` messages of this scope in a window. */
export interface Cap extends ContactScope {
  readonly name: string
  readonly max: number
  /** A rolling window, or a day, week (from Monday) or month of the customer's own calendar. */
  readonly window: IsoDuration | { readonly calendar: 'day' | 'week' | 'month' }
  /** Journeys, by key. */
  readonly journeys?: readonly string[]
  /** Default `skip`. A step's own `onCap` comes first. */
  readonly onCap?: OnCap
}

/** Fewer messages, and in the end none, for those who stopped reacting. Any reaction lets them all through again. */
export interface FatigueRule {
  readonly name: string
  readonly channel: ChannelName
  /** Whose messages are counted and kept back. Default: class `marketing`. */
  readonly classes?: readonly MessageClass[]
  /** Events that answer every message before them. */
  readonly reactions: readonly string[]
  /** By how many were not answered. The last one that is reached decides. */
  readonly steps: readonly FatigueStep[]
  /** What becomes of a message that is one too many. Default `skip`. A step's own `onCap` comes first. */
  readonly onCap?: OnCap
}

/** Once so many were not answered: at most `max` of them in a rolling window, or nothing. */
export type FatigueStep =
  | { readonly afterUnanswered: number; readonly max: number; readonly per: IsoDuration }
  | { readonly afterUnanswered: number; readonly stop: true }

/** Nothing of this scope goes out between these local times; `until` may be on the next day. */
export interface QuietHours extends ContactScope {
  readonly from: LocalTime
  readonly until: LocalTime
  /** Days on which they begin. Default: every day. */
  readonly weekdays?: readonly Weekday[]
  /** What waited goes out spread over so long after the end. Default `PT30M`. */
  readonly spread?: IsoDuration
  /** Where the customer's zone is not known. Default: two hours earlier and two hours longer. */
  readonly unknownZone?: { readonly from: LocalTime; readonly until: LocalTime }
}

/** What is of this scope goes out in these windows only. */
export interface PolicyWindow extends ContactScope {
  readonly windows: readonly SendWindow[]
}

export interface CustomerGroup {
  readonly name: string
  /** CEL over the customer. Absent: everybody else. */
  readonly when?: Condition
}

export type MatrixAction = 'send' | 'hold' | 'drop' | { readonly replace: string }

export interface MatrixRule extends ContactScope {
  /** Names of groups. Absent: all, also customers of no group. */
  readonly groups?: readonly string[]
  readonly do: MatrixAction
}

/**
 * When a customer is not to be contacted, and for how long. It opens by an event (`open`), or holds
 * as long as a condition does (`while`).
 */
export interface ExclusionRule {
  /** Names the rule; shown as the reason. */
  readonly name: string
  /** What is held. Where it names no classes: class `marketing`. */
  readonly scope?: ContactScope
  readonly open?: readonly EventMatch[]
  readonly close?: readonly EventMatch[]
  /** A property that names the case: what closes must name the same one as what opened. */
  readonly per?: string
  /**
   * In force only so long after the opening event, unless it was closed before: a duration, or the
   * property that holds the instant, with the duration that counts where an event has no such property.
   */
  readonly after?: IsoDuration | { readonly property: string; readonly default?: IsoDuration }
  /** Ends by itself so long after it came into force. */
  readonly for?: IsoDuration
  readonly while?: Condition
  /** Opens only at more than so many opening events in a window, per case where `per` is given. */
  readonly beyond?: Beyond
  /** How strong it is when it opens, and how it fades: in force while above `threshold`. */
  readonly decay?: Decay
  /** The event says that an address is not to be used any more, for good. */
  readonly blocks?: { readonly channel: ChannelName; readonly property: string }
}

export interface EventMatch {
  readonly event: string
  readonly when?: Condition
}

export interface Beyond {
  readonly window: IsoDuration
  /** A fixed number, or so many standard deviations beyond the population's mean, counted anew every day. */
  readonly max?: number
  readonly deviations?: number
}

export interface Decay {
  /** Property of the opening event, 0 to 1. */
  readonly property: string
  readonly halfLife: IsoDuration
  readonly threshold: number
}

/** A ready-made rule; what stands beside it replaces the rule's own. */
export type ExclusionPreset = { readonly preset: ExclusionPresetName } & Partial<ExclusionRule>

export const EXCLUSION_PRESETS = [
  'complaintOpen',
  'answerLate',
  'caseOpen',
  'caseAnswerLate',
  'tooManyCalls',
  'unusuallyManyCalls',
  'upset',
  'influencer',
  'hardBounce',
  'spamComplaint',
] as const
export type ExclusionPresetName = (typeof EXCLUSION_PRESETS)[number]

/**
 * What a message costs of a capacity: those of its classes and channels, where it names any, and those
 * that say `needs`.
 */
export interface CapacityRule extends ContactScope {
  /** Calls that a thousand messages lead to, and the seconds that each takes. */
  readonly contactsPerThousand: number
  readonly handlingTime: IsoDuration
}

/** How many a second may go out on a channel. */
export interface Throttle {
  readonly channel: ChannelName
  readonly perSecond: number
}

export interface WarmUp {
  /** The first day of the curve. */
  readonly from: IsoInstant
  /** Messages on the first day, the second … After the last one there is no limit. */
  readonly perDay: readonly number[]
}

/**
 * The policy as an actor and a send hold it: presets written out, thresholds of `beyond` filled in,
 * no texts. Part of the rule book; `hash` is over the whole of it.
 */
export interface ContactRules {
  readonly hash: string
  /** Of the published document; 0 for none. */
  readonly version: number
  readonly zone?: string
  readonly caps: readonly Cap[]
  /** Absent: none. */
  readonly fatigue?: readonly FatigueRule[]
  readonly quietHours: readonly QuietHours[]
  readonly sendWindows: readonly PolicyWindow[]
  readonly groups: readonly CustomerGroup[]
  readonly matrix: readonly MatrixRule[]
  readonly exclusions: readonly ExclusionRule[]
  readonly capacities: Readonly<Record<string, CapacityRule>>
}

/** Why somebody is not to be contacted, as the actor and SQL hold it. */
export interface Exclusion {
  /** `<rule>:<case or number of the log>` for those of a rule. */
  readonly exclusionId: string
  /** Null: opened by hand. */
  readonly rule: string | null
  readonly reason: string
  readonly scope: ContactScope
  /** The event, the call or the condition that opened it. */
  readonly source: string
  /** When it was opened, and from when it is in force. */
  readonly sinceMs: number
  readonly fromMs: number
  /** Null: until it is closed. */
  readonly untilMs: number | null
}

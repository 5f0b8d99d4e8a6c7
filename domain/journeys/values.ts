/** CEL source, checked when the journey is published. See `conditions.ts` for what it can see. */
export type Condition = string
/** ISO 8601, for example `P3D` or `PT2H`. */
export type IsoDuration = string
/** `HH:MM` on the customer's own clock. */
export type LocalTime = string
export type StepId = string
/** RFC 3339 with an offset, for example `2026-12-24T18:00:00+01:00`. */
export type IsoInstant = string
/** An `IsoDuration` from now, or an `IsoInstant`. */
export type Deadline = string
/** Like `IsoDuration`; a minus in front means before: `-P7D`. */
export type SignedDuration = string

export const WEEKDAYS = [
  'monday',
  'tuesday',
  'wednesday',
  'thursday',
  'friday',
  'saturday',
  'sunday',
] as const
export type Weekday = (typeof WEEKDAYS)[number]

/** A stretch of local time, on some days of the week; all where none are named. `until` is exclusive. */
export interface SendWindow {
  readonly weekdays?: readonly Weekday[]
  readonly from: LocalTime
  readonly until: LocalTime
}

/** Advertising platforms whose rules for identifiers are known. */
export const AD_PLATFORMS = ['google', 'meta'] as const
export type AdPlatform = (typeof AD_PLATFORMS)[number]

/** In the order in which they are tried where a step names none: what reaches the customer themselves first. */
export const CHANNELS = [
  'email',
  'push',
  'sms',
  'webhook',
  'onsite',
  'agent_task',
  'audience_sync',
] as const
export type ChannelName = (typeof CHANNELS)[number]

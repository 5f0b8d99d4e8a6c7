import type { ChannelName } from '../journeys/values.ts'

const DAY_MS = 86_400_000
const DOUBLES_AFTER_MS = 600_000
/** What a pause of the one who releases may add up to: time that was lost is not made up for in a flood. */
const MADE_UP_MS_MAX = 5_000
/** Nobody need be asked more often, or left alone for longer. */
const LOOK_MS_MIN = 1_000
const LOOK_MS_MAX = 60_000
/** As many as the log can be told in a second. */
const RELEASED_MAX = 500

/** How fast sends go out again that were stopped. */
export type Ramp =
  | { readonly type: 'perSecond'; readonly perSecond: number }
  /** On its first day, its second …; after the last one without limit. */
  | { readonly type: 'perDay'; readonly perDay: readonly number[] }
  /** A second, from one rate to the other, twice as fast every ten minutes. */
  | { readonly type: 'doubling'; readonly from: number; readonly to: number }

/** Each channel has a ramp of its own. */
export type Ramps = Readonly<Partial<Record<ChannelName, ChannelRamp>>>

export interface ChannelRamp {
  readonly ramp: Ramp
  /** Up to when time has been spent: what it allows since then is still to be released. */
  readonly spentMs: number
}

/**
 * Where to go on after a stop, so that a sender's reputation does not suffer: on the warm-up curve, at
 * the last day with no more than was sent a day before the stop; without a curve at a tenth of what was
 * sent an hour, and at least one a second.
 */
export function rampAfter(
  before: { readonly perDay: number; readonly perHour: number },
  curve: readonly number[] | undefined,
): Ramp {
  if (curve !== undefined && curve.length > 0) {
    const day = curve.findLastIndex((perDay) => perDay <= before.perDay)
    return { type: 'perDay', perDay: curve.slice(Math.max(day, 0)) }
  }
  const to = before.perHour / 3_600
  return { type: 'doubling', from: Math.max(1, to / 10), to: Math.max(1, to) }
}

/** How many may be released now, and when to ask again. */
export function releaseNow(
  { ramp, spentMs }: ChannelRamp,
  { beganMs, nowMs }: { readonly beganMs: number; readonly nowMs: number },
): { readonly count: number; readonly spentMs: number; readonly nextInMs: number } {
  const perSecond = perSecondAt(ramp, nowMs - beganMs)
  if (perSecond <= 0) return { count: 0, spentMs: nowMs, nextInMs: LOOK_MS_MAX }
  const eachMs = 1_000 / perSecond
  const fromMs = Math.max(spentMs, nowMs - Math.max(MADE_UP_MS_MAX, eachMs))
  const due = eachMs === 0 ? RELEASED_MAX : Math.floor((nowMs - fromMs) / eachMs)
  const count = Math.max(0, Math.min(due, RELEASED_MAX))
  const upToMs = eachMs === 0 ? nowMs : fromMs + count * eachMs
  return { count, spentMs: upToMs, nextInMs: within(upToMs + eachMs - nowMs) }
}

function perSecondAt(ramp: Ramp, elapsedMs: number): number {
  switch (ramp.type) {
    case 'perSecond':
      return ramp.perSecond
    case 'perDay': {
      const perDay = ramp.perDay[Math.floor(elapsedMs / DAY_MS)]
      return perDay === undefined ? Infinity : perDay / (DAY_MS / 1_000)
    }
    case 'doubling':
      return Math.min(ramp.to, ramp.from * 2 ** Math.floor(elapsedMs / DOUBLES_AFTER_MS))
  }
}

const within = (ms: number): number => Math.min(Math.max(Math.ceil(ms), LOOK_MS_MIN), LOOK_MS_MAX)

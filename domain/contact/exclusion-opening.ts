import type { JsonObject } from '../json.ts'
import type { MessageClass } from '../journeys/journey.ts'
import type { ChannelName } from '../journeys/values.ts'
import { hashText } from '../random.ts'
import { addDuration, durationMs, instantFromIso } from '../time.ts'
import type { ContactScope, Decay, ExclusionRule } from './policy.ts'

/** Of a case that somebody else named so much is kept as it is; of a longer name its hash. */
const CASE_LENGTH_MAX = 64

/** What closed an exclusion that somebody closed by a call. */
export const BY_HAND = 'by hand'

/** How long one opening holds by itself. */
export interface Opening {
  /** When that happened which opened it. */
  readonly sinceMs: number
  readonly fromMs: number
  /** Null: until it is closed. */
  readonly untilMs: number | null
}

interface OpeningEvent {
  readonly occurredAtMs: number
  readonly properties: JsonObject
}

/** What is held, written out: marketing, where no classes are named. */
export const excludedScope = ({
  classes = ['marketing'],
  channels,
}: {
  readonly [Part in keyof ContactScope]?: ContactScope[Part] | undefined
} = {}): { classes: MessageClass[]; channels?: ChannelName[] } => ({
  classes: [...classes],
  ...(channels === undefined ? {} : { channels: [...channels] }),
})

/** The case that an event is about; null where the rule tells none apart, or the event names none. */
export function caseOf({ per }: ExclusionRule, { properties }: OpeningEvent): string | null {
  const value = per === undefined ? undefined : properties[per]
  if (value === undefined || value === null) return null
  const name = typeof value === 'string' ? value : JSON.stringify(value)
  return name.length <= CASE_LENGTH_MAX ? name : hashText(name)
}

/**
 * What an event opens by a rule that does not count; null where it is too weak, or says nothing of
 * when it will be in force.
 */
export function openingOf(rule: ExclusionRule, event: OpeningEvent): Opening | null {
  const sinceMs = event.occurredAtMs
  const fromMs = inForceFrom(rule, event)
  if (fromMs === null) return null
  const ends = [
    ...(rule.for === undefined ? [] : [addDuration(fromMs, rule.for)]),
    ...(rule.decay === undefined ? [] : [fadedAt(rule.decay, fromMs, event)]),
  ]
  const untilMs = Math.min(...ends)
  if (untilMs <= fromMs) return null
  return { sinceMs, fromMs, untilMs: Number.isFinite(untilMs) ? untilMs : null }
}

function inForceFrom({ after }: ExclusionRule, event: OpeningEvent): number | null {
  const { occurredAtMs, properties } = event
  if (after === undefined) return occurredAtMs
  if (typeof after === 'string') return addDuration(occurredAtMs, after)
  const written = properties[after.property]
  const atMs = typeof written === 'string' ? instantFromIso(written) : null
  if (atMs !== null) return atMs
  return after.default === undefined ? null : addDuration(occurredAtMs, after.default)
}

/**
 * When a strength has come down to the threshold, to the second, so that no machine reckons otherwise
 * than another. Whoever records no strength means all of it.
 */
function fadedAt({ property, halfLife, threshold }: Decay, fromMs: number, event: OpeningEvent) {
  const said = event.properties[property]
  const strength = typeof said === 'number' ? Math.min(said, 1) : 1
  if (strength <= threshold) return fromMs
  const halves = Math.log2(strength / threshold)
  return fromMs + Math.round((halves * durationMs(halfLife)) / 1_000) * 1_000
}

/**
 * What so many events open by a rule that counts: until they are not too many any more. `atMs`: their
 * instants, ascending, the newest at least `max + 1` of them. Null: there are not too many.
 */
export function overrunOf(
  { beyond, for: lasts }: ExclusionRule,
  atMs: readonly number[],
): Opening | null {
  const newest = atMs.at(-1)
  if (beyond?.max === undefined || newest === undefined) return null
  const first = atMs.at(-beyond.max - 1)
  if (first === undefined) return null
  const untilMs =
    lasts === undefined ? first + durationMs(beyond.window) : addDuration(newest, lasts)
  return { sinceMs: newest, fromMs: newest, untilMs }
}

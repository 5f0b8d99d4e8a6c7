import type { JsonObject, JsonValue } from '../json.ts'
import { isObject } from '../journeys/readable.ts'
import { own } from '../own.ts'
import { instantOf, isDate, toIso } from '../time.ts'
import type { Touchpoint } from './touchpoint.ts'

/**
 * Over which touchpoints a customer has come, and on which day last (UTC): a trait, so that it is stored,
 * told to actors and merged as traits are. Days and not instants: whoever asks hears of each touchpoint
 * once a day at most, however much happens there.
 *
 * I1  The same events in any order give the same value, and so do two customers whichever is merged into
 *     the other: of each touchpoint the newest day holds, and of all the newest 32 are kept.
 */
export const TOUCHPOINTS_TRAIT = 'touchpoints_seen'

/** Nobody meets a person in more places; a sender that makes up names must not make a profile endless. */
const SEEN_MAX = 32

type Seen = Readonly<Record<string, string>>

/** What is known after an event came over this touchpoint; null where it was known before, or nobody said where. */
export function withTouchpoint(
  known: JsonValue | undefined,
  { source, channel }: Touchpoint,
  atMs: number,
): JsonObject | null {
  if (source === undefined) return null
  const key = channel === undefined ? source : `${source}/${channel}`
  const before = seenIn(known)
  const after = newest([before, Object.fromEntries([[key, dayOf(atMs)]])])
  return own(after, key) === own(before, key) ? null : after
}

/** What is known of one person who was held for two. */
export const unitedTouchpoints = (
  one: JsonValue | undefined,
  other: JsonValue | undefined,
): JsonObject => newest([seenIn(one), seenIn(other)])

/** How many touchpoints there were in the window; a day that it begins in counts as a whole. */
export function countTouchpoints(
  known: JsonValue | undefined,
  { nowMs, windowMs }: { readonly nowMs: number; readonly windowMs: number },
): number {
  const [first, last] = [dayOf(nowMs - windowMs), dayOf(nowMs)]
  return Object.values(seenIn(known)).filter((day) => day >= first && day <= last).length
}

/** When a value of the trait was so, in whatever order its events came: at the beginning of its newest day. */
export const seenAtMs = (seen: JsonObject): number =>
  Math.max(...Object.values(seenIn(seen)).map((day) => instantOf(`${day}T00:00:00Z`)))

const dayOf = (ms: number): string => toIso(ms).slice(0, 10)

/** A trait is what somebody stored, of an older release too: what is no day is not there. */
const seenIn = (value: JsonValue | undefined): Seen =>
  isObject(value)
    ? Object.fromEntries(
        Object.entries(value).filter(
          (entry): entry is [string, string] => typeof entry[1] === 'string' && isDate(entry[1]),
        ),
      )
    : {}

function newest(all: readonly Seen[]): Record<string, string> {
  const days = new Map<string, string>()
  for (const [key, day] of all.flatMap((seen) => Object.entries(seen)))
    if (day > (days.get(key) ?? '')) days.set(key, day)
  const kept = [...days]
    .toSorted(([a, dayA], [b, dayB]) => compare(dayB, dayA) || compare(a, b))
    .slice(0, SEEN_MAX)
  return Object.fromEntries(kept.toSorted(([a], [b]) => compare(a, b)))
}

const compare = (a: string, b: string): number => (a === b ? 0 : a < b ? -1 : 1)

import type { Kysely } from 'kysely'
import type { Database } from '../db/schema.ts'
import { sumTouchpoints, type TouchpointSum } from '../db/touchpoint-counts.ts'
import { listToldTouchpoints, type ToldTouchpoint } from '../db/touchpoints.ts'
import { silenceOf, type Silence } from '../domain/touchpoints/silence.ts'
import { REMEMBERED_DAYS } from './count-days.ts'

const DAY_MS = 86_400_000

/** One source, or one channel of it. */
export interface Touchpoint extends Silence {
  readonly source: string
  /** Empty: nobody said. */
  readonly channel: string
  readonly title: string | null
  readonly owner: string | null
  readonly expectedEvery: string | null
  readonly count: number
  /** Most frequent first. */
  readonly events: TouchpointSum['events']
  /** Null: not in the time that is looked at. */
  readonly lastSeenAtMs: number | null
}

/**
 * Where events come from, by source and channel: those that came in `days` days and those that somebody
 * told of, or that came not long before. Cost: the counts of 120 days, no events.
 */
export async function reportTouchpoints(
  db: Kysely<Database>,
  { nowMs, days }: { readonly nowMs: number; readonly days: number },
): Promise<Touchpoint[]> {
  const [sums, told] = await Promise.all([
    sumTouchpoints(db, {
      since: new Date(nowMs - (days - 1) * DAY_MS),
      rememberedFrom: new Date(nowMs - REMEMBERED_DAYS * DAY_MS),
    }),
    listToldTouchpoints(db),
  ])
  const byPlace = new Map(told.map((each) => [placeOf(each), each]))
  const seen = sums.map((sum) =>
    touchpoint(sum, byPlace.get(placeOf(sum)) ?? byPlace.get(placeOf({ ...sum, channel: '' })), {
      nowMs,
    }),
  )
  return [...seen, ...unseen(told, sums).map((each) => touchpoint(each, each, { nowMs }))].toSorted(
    (a, b) => (isAfter(a, b) ? 1 : -1),
  )
}

/** Whether a touchpoint comes later in the list than a place in it. */
export const isAfter = (one: Place, other: Place): boolean =>
  one.source === other.source ? one.channel > other.channel : one.source > other.source

type Place = Pick<Touchpoint, 'source' | 'channel'>

const placeOf = ({ source, channel }: Place): string => `${source} ${channel}`

/** Told of, and nothing came: of a source as a whole, from none of its channels. */
function unseen(
  told: readonly ToldTouchpoint[],
  sums: readonly TouchpointSum[],
): readonly ToldTouchpoint[] {
  const seen = new Set(sums.flatMap((sum) => [placeOf(sum), placeOf({ ...sum, channel: '' })]))
  return told.filter((each) => !seen.has(placeOf(each)))
}

function touchpoint(
  { source, channel, ...sum }: Place & Partial<TouchpointSum>,
  told: ToldTouchpoint | undefined,
  { nowMs }: { readonly nowMs: number },
): Touchpoint {
  const { events = [], days = [], lastSeenAt } = sum
  const { title = null, owner = null, expectedEvery = null } = told ?? {}
  const lastSeenAtMs = lastSeenAt?.getTime() ?? null
  const past = {
    days,
    lastSeenAtMs,
    expectedEvery,
    knownSinceMs: told?.createdAt.getTime() ?? null,
  }
  return {
    source,
    channel,
    title,
    owner,
    expectedEvery,
    count: events.reduce((total, { count }) => total + count, 0),
    events,
    lastSeenAtMs,
    ...silenceOf(past, nowMs),
  }
}

import type { JsonObject, JsonValue } from '../../domain/json.ts'

/** One entry of `GET /v1/customers/{id}/timeline`. */
export interface TimelineLine {
  readonly at: string
  readonly kind: string
  readonly summary: string
  readonly data: JsonObject
}

/** One entry of `GET /v1/customers/{id}/deliveries`, as far as the figures need it. */
export interface DeliveryLine {
  readonly at: string
  readonly journey: string
  readonly channel: string
  readonly status: string
}

/** What the API says of one customer of the demo. */
export interface CustomerOutcome {
  readonly timeline: readonly TimelineLine[]
  readonly deliveries: readonly DeliveryLine[]
}

export interface JourneyFigures {
  readonly entered: number
  /** Reached the end or the goal. */
  readonly completed: number
  /** Ended by an exit rule, a withdrawn consent, or because it was set aside for too long. */
  readonly endedEarly: number
  /** The customer was taken over by another journey. */
  readonly switched: number
  readonly resumed: number
  readonly queued: number
  readonly mails: number
}

const COMPLETED: ReadonlySet<JsonValue> = new Set(['completed', 'goal'])
const PREEMPTED = 'preempted'
const NOTHING: JourneyFigures = {
  entered: 0,
  completed: 0,
  endedEarly: 0,
  switched: 0,
  resumed: 0,
  queued: 0,
  mails: 0,
}

/** What became of all customers, by journey key in the order of first mention in `journeys`. */
export function figuresByJourney(
  journeys: readonly string[],
  customers: readonly CustomerOutcome[],
): Map<string, JourneyFigures> {
  const figures = new Map(journeys.map((journey) => [journey, NOTHING]))
  const count = (
    journey: JsonValue | undefined,
    figure: keyof JourneyFigures | undefined,
  ): void => {
    if (typeof journey !== 'string' || figure === undefined) return
    const before = figures.get(journey) ?? NOTHING
    figures.set(journey, { ...before, [figure]: before[figure] + 1 })
  }
  for (const { timeline, deliveries } of customers) {
    for (const line of timeline) count(line.data['journey'], figureOf(line))
    for (const { journey, channel, status } of deliveries) {
      if (channel === 'email' && status === 'sent') count(journey, 'mails')
    }
  }
  return figures
}

/** The sum over all journeys. */
export function totalOf(figures: Iterable<JourneyFigures>): JourneyFigures {
  let total = NOTHING
  for (const each of figures) {
    total = {
      entered: total.entered + each.entered,
      completed: total.completed + each.completed,
      endedEarly: total.endedEarly + each.endedEarly,
      switched: total.switched + each.switched,
      resumed: total.resumed + each.resumed,
      queued: total.queued + each.queued,
      mails: total.mails + each.mails,
    }
  }
  return total
}

function figureOf({ kind, data }: TimelineLine): keyof JourneyFigures | undefined {
  // Only the line that puts a journey into the queue says until when it is kept there.
  if (kind === 'deferred') return data['until'] === undefined ? undefined : 'queued'
  if (kind !== 'run') return undefined
  switch (data['change']) {
    case 'entered':
      return 'entered'
    case 'paused':
      return 'switched'
    case 'resumed':
      return 'resumed'
    case 'ended':
      if (data['reason'] === PREEMPTED) return 'switched'
      return COMPLETED.has(data['reason'] ?? null) ? 'completed' : 'endedEarly'
    default:
      return undefined
  }
}

const AFTER_RETURN_MS = 7 * 24 * 3_600_000

/**
 * How many of the mails fall in the 7 days after one of the returns. Mails of the very instant of a
 * return count: without arbitration nothing holds them back.
 */
export function mailsAfterReturn(
  mails: readonly { readonly atMs: number }[],
  returnsAtMs: readonly number[],
): number {
  return mails.filter(({ atMs }) =>
    returnsAtMs.some((returnAtMs) => atMs >= returnAtMs && atMs < returnAtMs + AFTER_RETURN_MS),
  ).length
}

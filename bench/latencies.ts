import { PROPERTIES, type BenchCustomer } from './customers.ts'
import type { Floor } from './floor.ts'
import type { HttpLoad } from './http-load.ts'
import { COUNTED_EVENT, MESSAGE_EVENT, RESET_EVENT, START_EVENT } from './journeys.ts'
import { watchMails } from './mails.ts'
import type { Rates } from './rates.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { API_KEY, type System } from './system.ts'

const SETTLE_MS_MAX = 60_000

export interface Latency extends Spread {
  readonly perSecond: number
}

/** Milliseconds at half the saturated rate. */
export interface Latencies {
  /** From sending the signal until it is handled. */
  readonly floor: Latency
  /** From the API's answer until the actor has handled the event. */
  readonly quiet: Latency
  /** From the API's answer until the actor has taken in the stored decision and the run has begun. */
  readonly started: Latency
  /** From the API's answer until SMTP has the first message. */
  readonly sent: Latency
}

/** The whole way, through the HTTP API, each case at half the rate that it was measured to carry. */
export async function measureLatencies(
  system: System,
  floor: Floor,
  load: HttpLoad,
  customers: readonly BenchCustomer[],
  rates: Rates,
  seconds: number,
): Promise<Latencies> {
  const half = ({ perSecond }: { perSecond: number }): number => Math.max(1, perSecond / 2)
  const dispatcher = await system.dispatch()
  const ids = (who: readonly BenchCustomer[]): string[] => who.map(({ workflowId }) => workflowId)
  const seen =
    (sight: 'signals' | 'answers', times = 1) =>
    (who: readonly BenchCustomer[]) =>
      system.observer.all(ids(who), { sight, times, withinMs: seconds * 1_000 + SETTLE_MS_MAX })
  const mailed = (who: readonly BenchCustomer[]): Promise<Map<string, number>> =>
    watchMails(system, who, seconds * 1_000 + SETTLE_MS_MAX)

  /** One event for each of as many customers as the time allows; never two for one, which would coalesce. */
  const paced = async (
    event: string,
    perSecond: number,
    until: (who: readonly BenchCustomer[]) => Promise<Map<string, number>>,
    settled = until,
  ): Promise<Latency> => {
    const who = customers.slice(0, Math.ceil(perSecond * seconds))
    const [{ requests }, at] = await Promise.all([
      load.ask({
        url: system.url,
        key: API_KEY,
        event,
        properties: PROPERTIES,
        userIds: who.map(({ userId }) => userId),
        eventsPerRequest: 1,
        perSecond,
        msMax: seconds * 1_000 * 2,
      }),
      until(who),
      settled(who),
    ])
    const workflowOf = new Map(who.map(({ userId, workflowId }) => [userId, workflowId]))
    const waits = requests.map(({ userIds: [userId = ''], answeredAtMs }) =>
      // The actor may be faster than the answer's way back to the client.
      Math.max(0, (at.get(workflowOf.get(userId) ?? '') ?? Number.NaN) - answeredAtMs),
    )
    return { perSecond, ...spreadOf(waits) }
  }

  try {
    const bare = await floor.pace(half(rates.floor), Math.ceil(half(rates.floor) * seconds))
    const quiet = await paced(COUNTED_EVENT, half(rates.quiet), seen('signals'))
    const started = await paced(START_EVENT, half(rates.started), seen('answers'))
    await paced(RESET_EVENT, half(rates.started), seen('signals'))
    const sent = await paced(MESSAGE_EVENT, half(rates.sent), mailed, seen('answers', 2))
    return { floor: { perSecond: half(rates.floor), ...spreadOf(bare) }, quiet, started, sent }
  } finally {
    await dispatcher.stop()
  }
}

import { PROPERTIES, type BenchCustomer } from './customers.ts'
import type { HttpLoad } from './http-load.ts'
import { COUNTED_EVENT, FILTERED_EVENT } from './journeys.ts'
import { spreadOf, type Spread } from './statistics.ts'
import { API_KEY, type System } from './system.ts'

const BATCH = 100

/** How fast the API takes events over HTTP on loopback, with nobody bringing them on meanwhile. */
export interface Accepting {
  readonly call: string
  readonly eventsPerSecond: number
  /** Milliseconds from sending a request to its answer. */
  readonly answer: Spread
  readonly events: number
  /** Processor time per event: of the API with its store, and of the client beside it. */
  readonly serverCpuUs: number
  readonly clientCpuUs: number
}

/** Bounded in events and in time, whichever is reached first. */
export async function measureAccepting(
  system: System,
  load: HttpLoad,
  customers: readonly BenchCustomer[],
  { events, msMax }: { events: number; msMax: number },
): Promise<Accepting[]> {
  const run = async (
    call: string,
    event: string,
    eventsPerRequest: number,
    count: number,
  ): Promise<Accepting> => {
    const cpu = process.cpuUsage()
    const { requests, startedAtMs, endedAtMs, cpuMs } = await load.ask({
      url: system.url,
      key: API_KEY,
      event,
      properties: PROPERTIES,
      userIds: Array.from(
        { length: count },
        (_, index) => customers[index % customers.length]?.userId ?? '',
      ),
      eventsPerRequest,
      perSecond: null,
      msMax,
    })
    const { user, system: kernel } = process.cpuUsage(cpu)
    const stored = requests.reduce((sum, { userIds }) => sum + userIds.length, 0)
    return {
      call,
      events: stored,
      eventsPerSecond: (stored / (endedAtMs - startedAtMs)) * 1_000,
      answer: spreadOf(requests.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs)),
      serverCpuUs: (user + kernel) / stored,
      clientCpuUs: (cpuMs * 1_000) / stored,
    }
  }
  // Not measured: connections, compiled code and plans.
  await run('warm-up', FILTERED_EVENT, 1, Math.ceil(events / 10))
  return [
    await run(`/v1/batch of ${BATCH}, filtered`, FILTERED_EVENT, BATCH, events),
    await run(`/v1/batch of ${BATCH}, for actors`, COUNTED_EVENT, BATCH, events),
    await run('/v1/track one by one, for actors', COUNTED_EVENT, 1, Math.ceil(events / 2)),
  ]
}

import type { BenchCustomer } from './customers.ts'
import type { HttpLoad } from './http-load.ts'
import type { Latency } from './latencies.ts'
import { spreadOf } from './statistics.ts'
import { API_KEY, type System } from './system.ts'

/** Light load: some clerks and a page or two. */
const PER_SECOND = 50

/** Ten offers, half of them with a condition: what a screen of a call centre would ask. */
const QUESTION = {
  channel: 'call-centre',
  offers: Array.from({ length: 10 }, (_, index) => ({
    id: `offer-${index}`,
    class: 'service',
    value: index + 1,
    ...(index % 2 === 0 ? { when: "has('email') && customer.lifecycle != 'lost'" } : {}),
  })),
}

/** Milliseconds from asking "what now?" over HTTP to the answer, by actors that run. */
export async function measureNext(
  system: System,
  load: HttpLoad,
  customers: readonly BenchCustomer[],
  seconds: number,
): Promise<Latency> {
  const ask = async (count: number) => {
    const { requests } = await load.ask({
      url: system.url,
      key: API_KEY,
      event: '',
      properties: {},
      question: QUESTION,
      userIds: Array.from(
        { length: count },
        (_, index) => customers[index % customers.length]?.userId ?? '',
      ),
      eventsPerRequest: 1,
      perSecond: PER_SECOND,
      msMax: seconds * 2_000,
    })
    return requests.map(({ sentAtMs, answeredAtMs }) => answeredAtMs - sentAtMs)
  }
  // Not measured: connections, compiled code and conditions.
  await ask(PER_SECOND)
  return { perSecond: PER_SECOND, ...spreadOf(await ask(PER_SECOND * seconds)) }
}

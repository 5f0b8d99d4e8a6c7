import { createCustomerClock, leapTo, type CustomerClock } from './customer-clock.ts'
import type { DemoCustomer } from './customers.ts'
import type { CustomerOutcome, DeliveryLine, TimelineLine } from './figures.ts'
import { CallRefused, type RumboClient } from './rumbo-client.ts'

const DAY_MS = 24 * 3_600_000
/** How far a customer is followed, from the Monday on: by then what began in the two weeks is over. */
const FOLLOWED_DAYS = 28
/** Those who are moved on reach *at risk* 90 days after their only purchase, in the first week. */
const MOVED_ON_DAYS = 100
/** Leaps to one instant where the engine is too busy to end them in time; each takes half a minute. */
const LEAPS_MAX = 6
const LEAST_LEAP = 'PT0.001S'

/** A customer of the demo who has lived through it on the engine. */
export interface LivedCustomer extends CustomerOutcome {
  readonly customerId: string
  readonly temporalUrl: string
}

export interface LiveProgress {
  /** Whole days since the Monday at which the customer's two weeks begin. */
  readonly onDay: (day: number) => void
  /** So many mails more have been sent. */
  readonly onMails: (count: number) => void
}

/** Until when a customer is followed. */
export function followedUntilMs({ startsAtMs, movedOn }: DemoCustomer): number {
  return startsAtMs + (movedOn ? MOVED_ON_DAYS : FOLLOWED_DAYS) * DAY_MS
}

/**
 * Lets one customer of the demo live through everything on the engine behind the API: made as a
 * test customer, moved to the Monday, then from event to event, and on to the end.
 */
export async function live(
  client: RumboClient,
  customer: DemoCustomer,
  { onDay, onMails }: LiveProgress,
): Promise<LivedCustomer> {
  const { userId, traits, consents, startsAtMs, events } = customer
  const made = await client.call<{ customerId: string; temporalUrl: string; clock: string }>(
    'POST',
    '/v1/test-customers',
    { userId, traits: {} },
  )
  const { customerId, temporalUrl } = made
  const path = `/v1/customers/${customerId}`
  const clock = createCustomerClock(made.clock)
  let mails = 0
  const moveTo = async (targetMs: number) => {
    const happened = await move(client, path, clock, targetMs)
    onDay(Math.floor((clock.nowMs() - startsAtMs) / DAY_MS))
    const sent = happened.filter(
      ({ kind, data }) => kind === 'delivery' && data['status'] === 'sent',
    )
    mails += sent.length
    onMails(sent.length)
  }

  await moveTo(startsAtMs)
  await client.call('POST', '/v1/identify', { messageId: `${userId}-made-up`, userId, traits })
  for (const { purpose, channel, granted } of consents)
    await client.call('PUT', `${path}/consents/${purpose}/${channel}`, {
      granted,
      source: 'the demo made it up',
    })
  for (const { messageId, event, atMs, properties } of events) {
    await moveTo(atMs)
    const timestamp = new Date(atMs).toISOString()
    const body = { messageId, userId, event, properties, timestamp }
    await client.call('POST', '/v1/track?wait=handled', body)
  }
  await moveTo(followedUntilMs(customer))

  const timeline = await client.list<TimelineLine>(`${path}/timeline`)
  const deliveries = await client.list<DeliveryLine>(`${path}/deliveries`)
  onMails(deliveries.filter(({ status }) => status === 'sent').length - mails)
  return { customerId, temporalUrl, timeline, deliveries }
}

/** Moves a clock to an instant, in more than one leap if need be; answers what happened on the way. */
async function move(
  client: RumboClient,
  path: string,
  clock: CustomerClock,
  targetMs: number,
): Promise<readonly TimelineLine[]> {
  const happened: TimelineLine[] = []
  let isClockKnown = true
  for (let leaps = 1; ; leaps++) {
    const by = isClockKnown ? leapTo(targetMs, clock.nowMs()) : LEAST_LEAP
    if (by === null) return happened
    try {
      const leap = await client.call<Leap>('POST', `${path}/fast-forward`, { by })
      clock.set(leap.clock)
      isClockKnown = true
      happened.push(...leap.happened)
    } catch (error) {
      const isBusy = error instanceof CallRefused && error.code === 'time_travel_pending'
      if (!isBusy || leaps >= LEAPS_MAX) throw error
      // The engine may be leaping on. The next leap takes over from there and says where that was.
      isClockKnown = false
    }
  }
}

interface Leap {
  readonly clock: string
  readonly happened: readonly TimelineLine[]
}

import type { JsonValue } from '../../domain/json.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { DemoCustomer } from './customers.ts'
import { followedUntilMs, live, type LivedCustomer } from './live.ts'
import { differences, referenceOutcome } from './reference.ts'
import type { RumboClient } from './rumbo-client.ts'

/** Where all of them stand. */
export interface DemoProgress {
  readonly done: number
  readonly of: number
  /** The day that each customer under way is on, counted from the Monday. */
  readonly days: readonly number[]
  /** Sent so far, by what has been heard of them. */
  readonly mails: number
}

/** What became of one customer, and where that differs from the same under a virtual clock. */
export interface DemoOutcome extends LivedCustomer {
  readonly customer: DemoCustomer
  readonly differences: readonly string[]
}

/** Makes each journey the live version of its key; one that is so already stays as it is. */
export async function publishJourneys(
  client: RumboClient,
  journeys: readonly Journey[],
): Promise<void> {
  for (const journey of journeys)
    await client.call(
      'POST',
      `/v1/journeys/${journey.key}/versions?note=the%20demo`,
      journey as unknown as JsonValue,
    )
}

/** Lets all customers live through their weeks, `sideBySide` of them at a time. Answers in their order. */
export async function runDemo(
  client: RumboClient,
  {
    journeys,
    customers,
    sideBySide,
    onProgress,
  }: {
    readonly journeys: readonly Journey[]
    readonly customers: readonly DemoCustomer[]
    readonly sideBySide: number
    readonly onProgress: (progress: DemoProgress) => void
  },
): Promise<DemoOutcome[]> {
  const outcomes: DemoOutcome[] = []
  const underWay = new Map<DemoCustomer, number>()
  let done = 0
  let mails = 0
  const show = (): void =>
    onProgress({ done, of: customers.length, days: [...underWay.values()], mails })

  const liveOne = async (customer: DemoCustomer): Promise<DemoOutcome> => {
    underWay.set(customer, 0)
    const lived = await live(client, customer, {
      onDay: (day) => {
        underWay.set(customer, day)
        show()
      },
      onMails: (count) => {
        mails += count
      },
    })
    underWay.delete(customer)
    done++
    show()
    const reference = referenceOutcome(journeys, customer, followedUntilMs(customer))
    return { ...lived, customer, differences: differences(lived, reference) }
  }

  const waiting = customers.entries()
  const lane = async (): Promise<void> => {
    for (const [index, customer] of waiting) outcomes[index] = await liveOne(customer)
  }
  await Promise.all(Array.from({ length: sideBySide }, lane))
  return outcomes
}

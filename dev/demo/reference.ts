import type { Journey } from '../../domain/journeys/journey.ts'
import type { Simulation } from '../../domain/simulation.ts'
import type { DemoCustomer } from './customers.ts'
import { figuresByJourney, type CustomerOutcome, type JourneyFigures } from './figures.ts'
import { playCustomer } from './play.ts'

/** What should come of a customer: the same `advance()` as on the engine, under a virtual clock. */
export function referenceOutcome(
  journeys: readonly Journey[],
  customer: DemoCustomer,
  untilMs: number,
): CustomerOutcome {
  return toOutcome(playCustomer(journeys, customer, untilMs))
}

function toOutcome({ records, deliveries }: Simulation): CustomerOutcome {
  return {
    timeline: records
      .flatMap(({ entries }) => entries)
      .map(({ atMs, kind, summary, data }) => ({ at: toIso(atMs), kind, summary, data }))
      .toReversed(),
    deliveries: deliveries
      .map(({ nowMs, journey, channel }) => ({
        at: toIso(nowMs),
        journey,
        channel,
        status: 'sent',
      }))
      .toReversed(),
  }
}

/** Where two outcomes of one customer differ, one line for each figure that does. */
export function differences(engine: CustomerOutcome, reference: CustomerOutcome): string[] {
  const there = figuresByJourney([], [engine])
  const wanted = figuresByJourney([], [reference])
  return [...new Set([...wanted.keys(), ...there.keys()])].flatMap((journey) =>
    FIGURES.flatMap((figure) => {
      const [is, shouldBe] = [there, wanted].map((each) => each.get(journey)?.[figure] ?? 0)
      return is === shouldBe
        ? []
        : [`${journey}, ${figure}: ${is}, under a virtual clock ${shouldBe}`]
    }),
  )
}

const FIGURES: readonly (keyof JourneyFigures)[] = [
  'entered',
  'completed',
  'endedEarly',
  'switched',
  'resumed',
  'queued',
  'mails',
]

const toIso = (ms: number): string => new Date(ms).toISOString()

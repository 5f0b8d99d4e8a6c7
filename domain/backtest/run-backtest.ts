import { BacktestTally } from './backtest-tally.ts'
import { compareReports } from './compare-reports.ts'
import type { BacktestPlan } from './plan.ts'
import { playCustomer } from './play-customer.ts'
import type { RecordedCustomer } from './recorded.ts'
import type { BacktestComparison, BacktestReport, HappenedFigures } from './report.ts'

/** How far a backtest has come. The same object all the time. */
export interface BacktestProgress {
  readonly customers: number
  /** Recorded rows of the customers played. */
  readonly events: number
}

export interface BacktestInput {
  readonly plan: BacktestPlan
  readonly customers: AsyncIterable<RecordedCustomer>
  /** What really happened in the window; null where that is not known. */
  readonly happened: HappenedFigures | null
  /**
   * Asked after every event of a customer: the caller's chance to let others have the thread, to
   * tell how far it is, and to stop by throwing. Undefined: go on at once.
   */
  readonly breathe: (progress: BacktestProgress) => Promise<void> | undefined
}

/** Plays every customer and adds up. Memory: one customer, and sums. */
export async function runBacktest(input: BacktestInput): Promise<BacktestReport> {
  const tally = new BacktestTally(input.plan)
  await playAll([tally], input)
  return tally.report(input.happened)
}

/** Plays every customer under two plans at once: what is live, and with the drafts in its place. */
export async function runComparison(
  input: BacktestInput & { readonly drafts: BacktestPlan },
): Promise<BacktestComparison> {
  const a = new BacktestTally(input.plan)
  const b = new BacktestTally(input.drafts)
  await playAll([a, b], input)
  return compareReports(a.report(input.happened), b.report(input.happened))
}

async function playAll(
  tallies: readonly BacktestTally[],
  { customers, breathe }: BacktestInput,
): Promise<void> {
  const plans = tallies.map(({ plan }) => plan)
  const progress = { customers: 0, events: 0 }
  for await (const customer of customers) {
    const playing = playCustomer(plans, customer)
    let step = playing.next()
    while (step.done !== true) {
      const pause = breathe(progress)
      if (pause !== undefined) await pause
      step = playing.next()
    }
    for (const [index, played] of step.value.entries()) tallies[index]?.add(played)
    progress.customers++
    progress.events += customer.rows.length
  }
}

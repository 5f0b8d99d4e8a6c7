import type { CustomerState, Run } from './customer-state.ts'
import type { Try } from './effects.ts'
import type { Turn } from './turn.ts'

/** What an activity is told of a run when it tries something for it. */
export function tryOf(
  { state, nowMs }: Turn,
  run: Run,
  { attempt, giveUpAtMs }: Pick<Try, 'attempt' | 'giveUpAtMs'>,
): Try {
  return {
    customerId: state.customerId,
    test: state.test,
    runId: run.runId,
    journey: run.journey,
    version: run.version,
    hash: run.hash,
    step: run.step,
    attempt,
    entry: run.entry,
    nowMs,
    giveUpAtMs,
    lifecycle: state.lifecycle.state,
    ...(state.facts.purchasedMinor === 0 ? {} : { value: valueSoFar(state) }),
    counts: totalsOf(state),
    ...(Object.keys(run.answers).length === 0 ? {} : { answers: run.answers }),
  }
}

/** Worth of all purchases so far, major units: `customer.value`. */
export const valueSoFar = ({ facts }: Pick<CustomerState, 'facts'>): number =>
  facts.purchasedMinor / 100

/** How often each counted event happened: what templates see as `counts`. */
const totalsOf = ({ facts }: CustomerState): Record<string, number> =>
  Object.fromEntries(Object.entries(facts.counters).map(([name, { total }]) => [name, total]))

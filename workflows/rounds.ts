import { sleep, workflowInfo } from '@temporalio/workflow'

/** Events after which the next run goes on, so that a worker which takes it up has little to replay. */
const HISTORY_EVENTS_MAX = 800

/** Whether it is time to go on as a new run. */
export function isHistoryLong(): boolean {
  const { historyLength, continueAsNewSuggested } = workflowInfo()
  return historyLength > HISTORY_EVENTS_MAX || continueAsNewSuggested
}

/** As long as the round said; also where that is no time, a timer stands between two rounds. */
export const restAsSaid = ({ nextInMs }: { readonly nextInMs: number }): Promise<void> =>
  sleep(nextInMs)

/**
 * Does one round after the other until one says that it was the last, which it answers. How far the work
 * is stands in SQL, so a round needs nothing of those before, and nothing is handed on but what the work is.
 *
 * Owns: the loop. `rest` is what stands between two rounds; left out, nothing. `goOn` continues as new.
 *
 * Invariant: which timers and activities are asked for, and in which order, is what stored histories are
 * replayed against.
 */
export async function runRounds<Round extends { readonly isOver: boolean }>(
  round: () => Promise<Round>,
  {
    rest,
    goOn,
  }: {
    readonly rest?: (last: Round) => Promise<void> | undefined
    readonly goOn: () => Promise<never>
  },
): Promise<Round> {
  for (;;) {
    const last = await round()
    if (last.isOver) return last
    await rest?.(last)
    if (isHistoryLong()) await goOn()
  }
}

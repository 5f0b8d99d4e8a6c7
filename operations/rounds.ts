/** Work that is done again and again until it is stopped. */
export interface Rounds {
  /** Has a round begin at once, or right after the one under way. Never throws. */
  readonly wake: () => void
  /** No further round; resolves when the one under way has ended. */
  readonly stop: () => Promise<void>
}

/**
 * Begins with a round, and with another one `everyMs` after each. One runs at a time; one that fails is
 * told of, and the next one tries again. `onError` must not throw.
 */
export function startRounds(
  work: () => Promise<void>,
  { everyMs, onError }: { readonly everyMs: number; readonly onError: (error: unknown) => void },
): Rounds {
  let timer: NodeJS.Timeout | undefined
  let stopped = false
  let isRunning = false
  let isWanted = false
  let current = Promise.resolve()

  const round = async (): Promise<void> => {
    isRunning = true
    do {
      isWanted = false
      try {
        await work()
      } catch (error) {
        onError(error)
      }
    } while (isWanted && !stopped)
    isRunning = false
    if (!stopped) timer = setTimeout(begin, everyMs)
  }
  const begin = (): void => {
    clearTimeout(timer)
    current = round()
  }
  begin()

  return {
    wake: () => {
      isWanted = true
      if (!isRunning && !stopped) begin()
    },
    stop: async () => {
      stopped = true
      clearTimeout(timer)
      await current
    },
  }
}

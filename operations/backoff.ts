const FIRST_MS = 200
const LONGEST_MS = 5_000

/** How long to rest after the `round`-th failure in a row: 0.2 s, doubled up to 5 s. */
export const backoffMs = (round: number): number =>
  Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(round - 1, 10))

/** Holds back from something that is away, and says when to try it again. */
export interface Backoff {
  /** Notes a failure of what began at `startedAtMs` (`performance.now()`). Those of one round count once. */
  readonly fail: (startedAtMs: number) => void
  readonly succeed: () => void
  /** To be left alone for now. */
  readonly isPaused: () => boolean
  /** The last thing heard of it was a failure: one try at a time. */
  readonly isTroubled: () => boolean
  /** Nothing is called any more. */
  readonly stop: () => void
}

/** A backoff that calls `onEnd` whenever a pause ends. */
export function createBackoff(onEnd: () => void): Backoff {
  let round = 0
  let pausedAtMs = -Infinity
  let timer: NodeJS.Timeout | undefined

  const clear = (): void => {
    clearTimeout(timer)
    timer = undefined
  }
  return {
    fail: (startedAtMs) => {
      if (startedAtMs < pausedAtMs) return
      clear()
      round += 1
      pausedAtMs = performance.now()
      timer = setTimeout(() => {
        timer = undefined
        onEnd()
      }, backoffMs(round))
    },
    succeed: () => {
      round = 0
      if (timer === undefined) return
      clear()
      onEnd()
    },
    isPaused: () => timer !== undefined,
    isTroubled: () => round > 0,
    stop: clear,
  }
}

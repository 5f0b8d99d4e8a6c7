import type { Log } from './log.ts'

/** Ctrl-C reaches a process more than once: from the terminal, from npm, from the launcher. */
const SAME_SIGNAL_MS = 1_000
/** Sends that have started may take half a minute to end. */
const STOP_MS_MAX = 60_000

/**
 * Ends the process on SIGINT, SIGTERM or SIGHUP: everything flushed by `stop`, exit 0. A second
 * signal, well after the first, does not wait any longer. `reason` as an argument of the returned
 * function ends it in the same order, exit 1.
 */
export function stopOnSignal(log: Log, stop: () => Promise<void>): (reason: unknown) => void {
  let endingSinceMs: number | undefined
  const end = async (exitCode: number) => {
    endingSinceMs = performance.now()
    setTimeout(() => {
      log.error(`Not stopped after ${STOP_MS_MAX / 1000} s; ending anyway`)
      process.exit(1)
    }, STOP_MS_MAX).unref()
    try {
      await stop()
      process.exit(exitCode)
    } catch (err) {
      log.error({ err }, 'Stopping failed')
      process.exit(1)
    }
  }
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
    process.on(signal, () => {
      if (endingSinceMs === undefined) {
        log.info(`${signal}: stopping`)
        void end(0)
      } else if (performance.now() - endingSinceMs > SAME_SIGNAL_MS) process.exit(1)
    })
  return (reason) => {
    if (endingSinceMs !== undefined) return
    log.fatal({ err: reason }, 'Stopping, because a part failed')
    void end(1)
  }
}

import { Runtime, type LogLevel } from '@temporalio/worker'
import type { Log } from '../platform/log.ts'

const LEVELS = {
  TRACE: 'trace',
  DEBUG: 'debug',
  INFO: 'info',
  WARN: 'warn',
  ERROR: 'error',
} as const

/**
 * Prepares the SDK for this process, once and before anything connects: it logs where we log, from
 * warnings up, and leaves signals to whoever started the process.
 */
export function installRuntime(log: Log): void {
  const write = (level: LogLevel, message: string, meta?: object) =>
    log[LEVELS[level]]({ sdk: meta }, message)
  Runtime.install({
    shutdownSignals: [],
    logger: {
      log: write,
      trace: () => {},
      debug: () => {},
      info: () => {},
      warn: (message, meta) => write('WARN', message, meta),
      error: (message, meta) => write('ERROR', message, meta),
    },
  })
}

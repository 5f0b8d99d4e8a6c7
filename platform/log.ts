import { existsSync, openSync, renameSync, statSync } from 'node:fs'
import { destination, pino, type Logger } from 'pino'
import type { LogLevel } from './config.ts'

/** A log file larger than this is put aside at the next start; the one before it goes. */
const FILE_BYTES_MAX = 20_000_000

export type Log = Logger

/**
 * A log of JSON lines, to `file` where one is given, else to standard output.
 *
 * No personal data: callers log ids, counts and codes, never bodies, addresses or traits. Of an
 * error only kind, message, code and stack are written, since a driver's error also carries the row.
 */
export function createLog({ level, file }: { level: LogLevel; file?: string }): Log {
  const to = destination({ dest: file ?? 1, sync: true })
  return pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime, serializers: { err } },
    to,
  )
}

/** The file opened for appending; what has grown too large is put aside as `<file>.1` first. */
export function openLogFile(file: string): number {
  rotate(file)
  return openSync(file, 'a')
}

/** Puts a log that has grown too large aside. */
export function rotate(file: string): void {
  if (existsSync(file) && statSync(file).size > FILE_BYTES_MAX) renameSync(file, `${file}.1`)
}

function err(error: unknown): unknown {
  if (!(error instanceof Error)) return { message: String(error) }
  const { name, message, stack } = error
  const code = 'code' in error ? error.code : undefined
  const cause = error.cause === undefined ? undefined : err(error.cause)
  return { name, message, code, stack, cause }
}

import { ConfigError } from './config.ts'

/** The start cannot go on, and the message says all there is to say about it. */
export class StartError extends Error {
  override readonly name = 'StartError'
}

/** Says on standard error why the process could not start, and ends it. */
export function exitWith(error: unknown): never {
  process.stderr.write(`${explain(error)}\n`)
  process.exit(1)
}

function explain(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  if (error instanceof ConfigError || error instanceof StartError) return error.message
  return `The start failed: ${error.stack ?? error.message}`
}

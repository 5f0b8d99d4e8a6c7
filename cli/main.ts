import { createInterface } from 'node:readline/promises'
import { readConfig } from '../platform/config.ts'
import type { Context } from './context.ts'
import { EXIT } from './exit-codes.ts'
import { run } from './run.ts'
import { findServer, type Server } from './server.ts'

// `rumbo`: the command line.

/** Ctrl-C reaches this process more than once: from the terminal, and from the launcher. */
const SAME_SIGNAL_MS = 1_000
/** As shells say it: ended by a signal. */
const EXIT_BY = { SIGINT: EXIT.interrupted, SIGTERM: 143, SIGHUP: 129 } as const

const interrupted = new AbortController()
let interruptedAtMs = 0
// A pipe may be closed before all is written (`| head`).
for (const stream of [process.stdout, process.stderr])
  stream.on('error', () => process.exit(EXIT.ok))
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => {
    if (!interrupted.signal.aborted) {
      interruptedAtMs = performance.now()
      interrupted.abort(signal)
    } else if (performance.now() - interruptedAtMs > SAME_SIGNAL_MS) process.exit(EXIT_BY[signal])
  })

let server: Server | undefined
const context: Context = {
  stdout: process.stdout,
  stderr: process.stderr,
  ask: process.stdin.isTTY && process.stderr.isTTY ? ask : null,
  signal: interrupted.signal,
  connect: () => (server ??= findServer(readConfig(), interrupted.signal)),
}
process.exitCode = await run(process.argv.slice(2), context)

async function ask(question: string): Promise<boolean> {
  // Not as a terminal: then Ctrl-C stays a signal.
  const reader = createInterface({
    input: process.stdin,
    output: process.stderr,
    terminal: false,
  })
  const closed = new Promise<string>((resolve) => reader.once('close', () => resolve('')))
  try {
    const answered = reader.question(`${question} [y/N] `, { signal: interrupted.signal })
    return /^y(es)?$/i.test((await Promise.race([answered, closed])).trim())
  } finally {
    reader.close()
  }
}

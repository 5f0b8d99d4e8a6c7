import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createLog, type Log } from '../../platform/log.ts'
import { installRuntime } from '../../worker/runtime.ts'

/** Everything that this test process logs, the SDK's lines included. */
export interface ProcessLog {
  readonly log: Log
  readonly read: () => string
}

let opened: ProcessLog | undefined

/** The log of this process: a file of its own, on the level that says most. The same at every call. */
export function processLog(): ProcessLog {
  if (opened === undefined) {
    const folder = mkdtempSync(join(tmpdir(), 'rumbo-log-'))
    const file = join(folder, 'rumbo.log')
    const log = createLog({ level: 'debug', file })
    process.once('exit', () => rmSync(folder, { recursive: true, force: true }))
    installRuntime(log)
    opened = { log, read: () => readFileSync(file, 'utf8') }
  }
  return opened
}

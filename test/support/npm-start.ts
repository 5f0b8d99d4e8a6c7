import { spawn, type ChildProcess } from 'node:child_process'
import { readFileSync, readdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { environmentWith } from '../../platform/config.ts'

const ROOT = dirname(dirname(dirname(fileURLToPath(import.meta.url))))
const UP_MS_MAX = 90_000
const POLL_MS = 100
/** A line of the table, or of the log where there is none. */
const UP = /^(?: +API +|.*"url":")(http[^\s"]+)/m

/** `npm start` as a person runs it, on a data folder of its own and free ports. */
export interface StartedServer {
  /** npm itself. */
  readonly npm: ChildProcess
  readonly output: () => string
  /** Exit code of npm; null when it was killed. */
  readonly ended: Promise<number | null>
  /** The base of the API, once the table is printed. */
  readonly up: () => Promise<string>
}

/**
 * `npm start`, or another script that serves. In a process group of its own, like a job of a
 * terminal, so that a test can press Ctrl-C.
 */
export function npmStart(settings: Record<string, string>, script = 'start'): StartedServer {
  const npm = spawn('npm', ['run', '--silent', script], {
    cwd: ROOT,
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: environmentWith({ PORT: '0', ...settings }),
  })
  let output = ''
  const hear = (chunk: Buffer) => {
    output += chunk.toString()
  }
  npm.stdout.on('data', hear)
  npm.stderr.on('data', hear)
  const ended = new Promise<number | null>((resolve) => npm.once('exit', resolve))
  let hasEnded = false
  void ended.then(() => (hasEnded = true))
  return {
    npm,
    ended,
    output: () => output,
    up: async () => {
      const deadline = performance.now() + UP_MS_MAX
      while (performance.now() < deadline) {
        const url = UP.exec(output)?.[1]
        if (url !== undefined) return url
        if (hasEnded) throw new Error(`npm start ended: ${output}`)
        await sleep(POLL_MS)
      }
      throw new Error(`npm start was not up in ${UP_MS_MAX / 1000} s: ${output}`)
    },
  }
}

/** Processes that have `text` in their command line or environment, by the system's own list. */
export function processesWith(text: string): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter(
      (pid) => contains(`/proc/${pid}/cmdline`, text) || contains(`/proc/${pid}/environ`, text),
    )
    .map(Number)
}

function contains(file: string, text: string): boolean {
  try {
    return readFileSync(file, 'utf8').includes(text)
  } catch {
    return false // it ended while we looked
  }
}

/** Waits until no process mentions `text`; answers those that are left after `withinMs`. */
export async function processesLeftWith(text: string, withinMs: number): Promise<number[]> {
  const deadline = performance.now() + withinMs
  let left = processesWith(text)
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(POLL_MS)
    left = processesWith(text)
  }
  return left
}

import { spawn, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { environmentWith } from '../platform/config.ts'

const SUPERVISOR = fileURLToPath(new URL('with-parent.mjs', import.meta.url))

/** A running command that ends when this process does, however this process ends. */
export interface BoundChild {
  readonly process: ChildProcess
  /** Resolves when the command is gone, with its exit code. */
  readonly ended: Promise<number>
  /** Asks it to end, insists after a while; resolves when it is gone. */
  readonly stop: () => Promise<void>
}

/**
 * Starts `command` under a supervisor that watches a pipe to this process. It has a session of its
 * own, so that Ctrl-C reaches this process alone, which then ends things in its own order.
 */
export function spawnWithParent(
  command: string,
  args: readonly string[],
  {
    output,
    cwd,
    env = {},
  }: {
    /** A file descriptor, or `pipe` to read both streams. */
    output: number | 'pipe'
    cwd?: string
    env?: Record<string, string>
  },
): BoundChild {
  const child = spawn(process.execPath, [SUPERVISOR, command, ...args], {
    stdio: ['pipe', output, output],
    detached: true,
    env: environmentWith(env),
    ...(cwd === undefined ? {} : { cwd }),
  })
  // The supervisor may be gone before the pipe is closed; that it ended is told by `ended`.
  child.stdin?.on('error', () => {})
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', reject)
    child.once('exit', (code) => resolve(code ?? 1))
  })
  return {
    process: child,
    ended,
    stop: async () => {
      child.stdin?.end()
      await ended
    },
  }
}

// `node dev/with-parent.mjs <command> [arguments]`: runs a command for as long as this process's
// standard input stays open. Whoever starts it holds the other end, and the system closes that
// however the holder ends, by `kill -9` too; so the command never outlives it.
import { spawn } from 'node:child_process'

/** What the command gets to end by itself. */
const GRACE_MS = 10_000

const [command, ...args] = process.argv.slice(2)
// A process group of its own, so that what the command has started ends with it.
const child = spawn(command, args, { stdio: ['ignore', 'inherit', 'inherit'], detached: true })
child.once('error', (error) => {
  console.error(`${command} could not be started: ${error.message}`)
  process.exit(127)
})
child.once('exit', (code, signal) => process.exit(signal === null ? code : 1))

process.stdin.once('close', end).once('error', end).resume()
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, end)

function end() {
  killGroup('SIGTERM')
  setTimeout(() => killGroup('SIGKILL'), GRACE_MS).unref()
}

function killGroup(signal) {
  try {
    process.kill(-child.pid, signal)
  } catch (error) {
    if (error.code !== 'ESRCH') throw error
  }
}

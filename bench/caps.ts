import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findRunningServer } from '../dev/running-server.ts'
import { playCapsUnderFire } from '../test/support/caps-under-fire.ts'
import { npmStart, type StartedServer } from '../test/support/npm-start.ts'

const EVENTS = 50
const CAP = 2
const WITHIN_MS = 30 * 60_000
const SAID_EVERY_MS = 15_000

/**
 * Many customers, many qualifying events at once, a cap, a server that is killed in the middle:
 * what arrived over a channel that drops repeats. The same as the test, with more customers.
 */
export async function measureCaps(
  customers: number,
  say: (what: string) => void,
  resources: AsyncDisposableStack,
): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), 'rumbo-bench-caps-'))
  resources.defer(() => rmSync(folder, { recursive: true, force: true }))
  let server: StartedServer | undefined
  resources.defer(async () => {
    server?.npm.kill('SIGTERM')
    await server?.ended
  })
  let saidAtMs = 0
  const { messages, skipped, calls, decisions, differences, seconds } = await playCapsUnderFire(
    {
      start: (settings) => {
        say('Starting the server')
        server = npmStart({ RUMBO_DATA: folder, ...settings })
        return server.up()
      },
      kill: async () => {
        say('Killing it')
        process.kill(-Number(server?.npm.pid), 'SIGKILL')
        await server?.ended
      },
      temporalAddress: () => findRunningServer(folder)?.temporalAddress ?? '',
    },
    {
      customers,
      events: EVENTS,
      cap: CAP,
      kills: 1,
      withinMs: WITHIN_MS,
      onProgress: (resting) => {
        if (performance.now() - saidAtMs < SAID_EVERY_MS) return
        saidAtMs = performance.now()
        say(`  ${resting} of ${customers} customers rest`)
      },
    },
  )
  const counts = [...messages.values()]
  const sent = counts.reduce((sum, count) => sum + count, 0)
  const whole = (number: number): string => number.toLocaleString('en')
  return [
    `Caps under fire: ${whole(customers)} customers, ${EVENTS} qualifying events each, at most ${CAP} messages, killed once`,
    `  sent                 ${whole(sent)} (exactly the cap: ${whole(customers * CAP)})`,
    `  customers with more  ${counts.filter((count) => count > CAP).length}`,
    `  customers with less  ${counts.filter((count) => count < CAP).length}`,
    `  kept back by the cap ${whole(skipped)}`,
    `  calls with repeats   ${whole(calls)}`,
    `  decisions made again ${whole(decisions)}, differences ${differences}`,
    `  took                 ${seconds.toFixed(0)} s`,
  ].join('\n')
}

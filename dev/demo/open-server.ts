import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import type { Config } from '../../platform/config.ts'
import { StartError } from '../../platform/exit-with.ts'
import { findRunningServer } from '../running-server.ts'
import { spawnWithParent } from '../spawn-with-parent.ts'

const LAUNCH = fileURLToPath(new URL('../launch.mjs', import.meta.url))
const START = fileURLToPath(new URL('../start.ts', import.meta.url))
const POLL_MS = 200
const PROBE_MS_MAX = 2_000

/** A server that the demo can speak to. */
export interface DemoServer {
  readonly url: string
  readonly key: string
  /** Started for the demo: it ends with it. */
  readonly isOurs: boolean
  readonly stop: () => Promise<void>
}

/**
 * The server that `RUMBO_URL` names, else the one that runs on the data folder, else one that is
 * started there as `npm start` does.
 *
 * @throws {StartError} saying what is missing
 */
export async function openServer(
  config: Pick<Config, 'serverUrl' | 'apiKey' | 'dataFolder'>,
  signal: AbortSignal,
): Promise<DemoServer> {
  const named = config.serverUrl?.replace(/\/+$/, '')
  const known = findRunningServer(config.dataFolder)
  if (named !== undefined) {
    const key = config.apiKey ?? (known?.url === named ? known.key : null)
    return { url: named, key: requireKey(key, named), isOurs: false, stop: async () => {} }
  }
  if (known !== undefined && (await isAlive(known.url))) {
    const key = requireKey(config.apiKey ?? known.key, known.url)
    return { url: known.url, key, isOurs: false, stop: async () => {} }
  }
  return startServer(config, signal)
}

async function startServer(
  { apiKey, dataFolder }: Pick<Config, 'apiKey' | 'dataFolder'>,
  signal: AbortSignal,
): Promise<DemoServer> {
  process.stderr.write('No server is running; starting one, as "npm start" does …\n')
  const server = spawnWithParent(process.execPath, [LAUNCH, START], { output: 'pipe' })
  // What it says while it prepares itself. Its table of addresses would only be in the way.
  server.process.stderr?.pipe(process.stderr, { end: false })
  server.process.stdout?.resume()
  let hasEnded = false
  void server.ended.then(() => (hasEnded = true))
  try {
    while (!hasEnded) {
      signal.throwIfAborted()
      const found = findRunningServer(dataFolder)
      if (found !== undefined && (await isAlive(found.url))) {
        const key = requireKey(apiKey ?? found.key, found.url)
        return { url: found.url, key, isOurs: true, stop: server.stop }
      }
      await sleep(POLL_MS)
    }
  } catch (error) {
    await server.stop()
    throw error
  }
  throw new StartError('The server that the demo needs did not start: see above.')
}

async function isAlive(url: string): Promise<boolean> {
  try {
    const answer = await fetch(`${url}/healthz`, { signal: AbortSignal.timeout(PROBE_MS_MAX) })
    return answer.ok
  } catch {
    return false // killed since it left its address, or not listening yet
  }
}

function requireKey(key: string | null | undefined, url: string): string {
  if (key !== null && key !== undefined) return key
  throw new StartError(
    `The demo has no key for the server at ${url}. Set RUMBO_API_KEY to one with the scopes ingest, read, publish and operate.`,
  )
}

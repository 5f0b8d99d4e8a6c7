import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '../../dev/free-port.ts'
import { findTemporal } from '../../dev/temporal-binary.ts'
import { startTemporal, type TemporalServer } from '../../dev/temporal-server.ts'
import { readConfig } from '../../platform/config.ts'
import { SEARCH_ATTRIBUTES } from '../../workflows/customer-messages.ts'
import { processesWith } from './npm-start.ts'

/** A real engine of the test's own, in memory: starts in about a second, and actors of other tests are not in it. */
export async function startTestEngine(): Promise<TemporalServer> {
  const folder = mkdtempSync(join(tmpdir(), 'rumbo-temporal-'))
  const server = await startTemporal({
    binary: await findTemporal(readConfig().cacheFolder),
    logFile: join(folder, 'temporal.log'),
    searchAttributes: SEARCH_ATTRIBUTES,
  })
  return {
    ...server,
    stop: async () => {
      await server.stop()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** For `startTemporal`: one that keeps its data in the folder and its port, so that it can come back after a death. */
export async function keptEngine(folder: string) {
  return {
    binary: await findTemporal(readConfig().cacheFolder),
    port: await freePort(),
    dbFile: join(folder, 'engine.db'),
    logFile: join(folder, 'engine.log'),
    searchAttributes: SEARCH_ATTRIBUTES,
  }
}

/** Kills the engine that keeps its data in this file, without a word; whatever watches over it lives on. */
export function killEngine(dbFile: string): void {
  const isEngine = (pid: number): boolean =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith('temporal') === true
  for (const engine of processesWith(dbFile).filter(isEngine)) process.kill(engine, 'SIGKILL')
}

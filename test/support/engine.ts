import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findTemporal } from '../../dev/temporal-binary.ts'
import { startTemporal, type TemporalServer } from '../../dev/temporal-server.ts'
import { readConfig } from '../../platform/config.ts'
import { SEARCH_ATTRIBUTES } from '../../workflows/customer-messages.ts'

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

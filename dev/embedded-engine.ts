import { mkdirSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import { StartError } from '../platform/exit-with.ts'
import type { Log } from '../platform/log.ts'
import type { TemporalTarget } from '../platform/temporal.ts'
import { SEARCH_ATTRIBUTES } from '../workflows/customer-messages.ts'
import type { DataFolder } from './data-folder.ts'
import { freePort } from './free-port.ts'
import { findTemporal, NoTemporalError } from './temporal-binary.ts'
import { startTemporal, type TemporalServerOptions } from './temporal-server.ts'

/** Temporal's own, so that its tools find the engine without being told; others where these are taken. */
const PORT = 7233
const UI_PORT = 8233
const RESTART_AFTER_MS = 1_000

export interface EmbeddedEngine {
  readonly temporal: TemporalTarget
  readonly uiUrl: string
  readonly stop: () => Promise<void>
}

/**
 * Runs the engine beside this process, with its data in `folder`. Should it die it is started again
 * where it was, and actors go on.
 *
 * @throws {StartError} where none can be had
 */
export async function startEmbeddedEngine({
  folder,
  cacheFolder,
  anyPort,
  codecUrl,
  log,
}: {
  folder: DataFolder
  cacheFolder: string
  /** Takes free ports only: several may be starting at once. */
  anyPort: boolean
  /** Where its UI asks for payloads in the clear. Undefined: nowhere. */
  codecUrl: string | undefined
  log: Log
}): Promise<EmbeddedEngine> {
  const binary = await findTemporal(cacheFolder).catch((error: unknown) => {
    throw error instanceof NoTemporalError ? new StartError(error.message) : error
  })
  mkdirSync(folder.file('temporal'), { recursive: true })
  const uiPort = await freePort(anyPort ? 0 : UI_PORT)
  const options: TemporalServerOptions = {
    binary,
    port: await freePort(anyPort ? 0 : PORT),
    uiPort,
    dbFile: folder.file('temporal/temporal.db'),
    logFile: folder.file('temporal.log'),
    searchAttributes: SEARCH_ATTRIBUTES,
    ...(codecUrl === undefined ? {} : { codecUrl }),
  }
  let server = await startTemporal(options)
  let isStopping = false

  const keepUp = async () => {
    for (;;) {
      const code = await server.ended
      if (isStopping) return
      log.error({ code }, 'The engine ended by itself; starting it again')
      await sleep(RESTART_AFTER_MS)
      try {
        server = await startTemporal(options)
        if (isStopping) await server.stop()
      } catch (err) {
        log.error({ err }, 'The engine did not come up')
      }
    }
  }
  const kept = keepUp()

  return {
    temporal: { address: server.address, namespace: 'default' },
    uiUrl: `http://127.0.0.1:${uiPort}`,
    stop: async () => {
      isStopping = true
      await server.stop()
      await kept
    },
  }
}

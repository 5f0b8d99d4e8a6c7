import { existsSync, mkdirSync, rmSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { createProgress } from './progress.ts'
import { spawnWithParent } from './spawn-with-parent.ts'

/** The release of the Temporal CLI that is asked for. Its server must be able to skip time. */
const CLI_VERSION = 'v1.9.1'

const FETCHER = fileURLToPath(new URL('fetch-temporal.ts', import.meta.url))

/** Until the first byte: a machine without this way out is told soon. */
const FIRST_BYTE_MS_MAX = 10_000
const WHOLE_MS_MAX = 180_000
const POLL_MS = 250

/** Where the Temporal SDK keeps the dev server that it downloads. */
export function downloadedTemporalPath(cacheFolder: string): string {
  return join(cacheFolder, 'temporal-downloaded', `temporal-${CLI_VERSION}`)
}

/**
 * Has the Temporal SDK download its dev server into the cache; answers its path.
 *
 * @throws {Error} saying why not, within seconds where the network has no way there
 */
export async function downloadTemporal(cacheFolder: string): Promise<string> {
  const path = downloadedTemporalPath(cacheFolder)
  const folder = join(path, '..')
  mkdirSync(folder, { recursive: true })
  // The SDK fetches natively and without a time limit, so it does so in a process that can be ended.
  const fetcher = spawnWithParent(process.execPath, [FETCHER, folder, CLI_VERSION], {
    output: 'pipe',
  })
  let said = ''
  const hear = (chunk: Buffer) => {
    said += chunk.toString()
  }
  fetcher.process.stdout?.on('data', hear)
  fetcher.process.stderr?.on('data', hear)
  const outcome = await Promise.race([fetcher.ended, watch(`${path}.downloading`)])
  await fetcher.stop()
  // Only a complete file has this name. That the server also started is looked at by the caller.
  if (existsSync(path)) return path
  rmSync(`${path}.downloading`, { force: true })
  throw new Error(typeof outcome === 'string' ? outcome : lastLine(said))
}

/** Shows how much has come; answers why it is given up. */
async function watch(part: string): Promise<string> {
  const progress = createProgress('Downloading the Temporal dev server')
  const startedAt = performance.now()
  for (;;) {
    await sleep(POLL_MS, undefined, { ref: false })
    const bytes = statSync(part, { throwIfNoEntry: false })?.size
    const ms = performance.now() - startedAt
    if (bytes !== undefined) progress.show(`${Math.round(bytes / 1e6)} MB`)
    else if (ms > FIRST_BYTE_MS_MAX) return `no answer within ${FIRST_BYTE_MS_MAX / 1000} s`
    if (ms > WHOLE_MS_MAX) return `not complete after ${WHOLE_MS_MAX / 1000} s`
  }
}

/** The SDK's chain of causes repeats itself. */
function lastLine(text: string): string {
  const line = text.trim().split('\n').at(-1) ?? ''
  return line === '' ? 'it ended without a word' : [...new Set(line.split(': '))].join(': ')
}

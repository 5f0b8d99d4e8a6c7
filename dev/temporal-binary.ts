import { execFile } from 'node:child_process'
import { existsSync } from 'node:fs'
import { promisify } from 'node:util'
import { buildTemporal, builtTemporalPath } from './temporal-build.ts'
import { downloadTemporal, downloadedTemporalPath } from './temporal-download.ts'
import { canSkipTime, parseServerVersion, type ServerVersion } from './temporal-version.ts'

const run = promisify(execFile)

/** `--version` of a program that is something else entirely must not hold up the start. */
const VERSION_MS_MAX = 10_000

/** A Temporal CLI whose dev server can skip time. */
export interface TemporalBinary {
  readonly path: string
  readonly version: ServerVersion
}

/** None of the ways to a dev server works here; the message names all of them. */
export class NoTemporalError extends Error {
  override readonly name = 'NoTemporalError'
}

/** The ways to a dev server, so that a test can close some. Each answers a path or says why not. */
export interface TemporalWays {
  readonly onPath: string
  readonly cached: readonly string[]
  readonly download: () => Promise<string>
  readonly build: () => Promise<string>
}

/**
 * The dev server of this machine: the one on the PATH, else one that an earlier start brought into
 * the cache, else the SDK's download, else built with Go. Each is taken only if it can skip time.
 *
 * @throws {NoTemporalError}
 */
export async function findTemporal(cacheFolder: string): Promise<TemporalBinary> {
  return tryWays({
    onPath: 'temporal',
    cached: [downloadedTemporalPath(cacheFolder), builtTemporalPath(cacheFolder)],
    download: () => downloadTemporal(cacheFolder),
    build: () => buildTemporal(cacheFolder),
  })
}

export async function tryWays(ways: TemporalWays): Promise<TemporalBinary> {
  const onPath = await inspect(ways.onPath)
  if (typeof onPath !== 'string') return onPath
  for (const path of ways.cached.filter((candidate) => existsSync(candidate))) {
    const cached = await inspect(path)
    if (typeof cached !== 'string') return cached
  }
  const downloaded = await bring(ways.download)
  if (typeof downloaded !== 'string') return downloaded
  const built = await bring(ways.build)
  if (typeof built !== 'string') return built
  throw new NoTemporalError(
    [
      'No Temporal dev server with server 1.32 or newer can be had here. Three ways were tried:',
      `  1. "temporal" on the PATH: ${onPath}.`,
      `  2. The download by the Temporal SDK: ${downloaded}.`,
      `  3. A build from the Go module in dev/temporal: ${built}.`,
      'Do one of these and start again: install the Temporal CLI 1.9 or newer (https://docs.temporal.io/cli);',
      'give this machine a way to temporal.download and github.com; install Go 1.26.4 or newer (https://go.dev/dl)',
      'with a way to a Go module proxy. Or name an engine that runs elsewhere in TEMPORAL_ADDRESS.',
    ].join('\n'),
  )
}

async function bring(way: () => Promise<string>): Promise<TemporalBinary | string> {
  try {
    return await inspect(await way())
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** The program, or why it is not taken. */
async function inspect(path: string): Promise<TemporalBinary | string> {
  let printed: string
  try {
    printed = (await run(path, ['--version'], { timeout: VERSION_MS_MAX })).stdout
  } catch (error) {
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT'
    return isMissing ? 'not there' : `"${path} --version" fails`
  }
  const version = parseServerVersion(printed)
  if (version === undefined) return `"${path} --version" names no server`
  if (!canSkipTime(version))
    return `its server is ${version.major}.${version.minor}, too old to skip time`
  return { path, version }
}

import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { PassThrough } from 'node:stream'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { waitForLock } from './process-lock.mjs'
import { createProgress } from './progress.ts'
import { spawnWithParent } from './spawn-with-parent.ts'

const run = promisify(execFile)

/** The module that pins the dev server and all that it is built from. */
const MODULE = fileURLToPath(new URL('temporal', import.meta.url))
const PACKAGE = 'github.com/temporalio/cli/cmd/temporal'

/** Lines of a failed build that are worth repeating: the last ones say why. */
const ERROR_LINES = 6

/** Where the dev server built from this project's module is kept: one for every clone that pins the same. */
export function builtTemporalPath(cacheFolder: string): string {
  const hash = createHash('sha256')
  for (const file of ['go.mod', 'go.sum']) hash.update(readFileSync(join(MODULE, file)))
  const key = `${process.platform}-${process.arch}-${hash.digest('hex').slice(0, 16)}`
  return join(cacheFolder, `temporal-built-${key}`, 'temporal')
}

/**
 * Builds the dev server with Go into the cache, showing progress, and answers its path. Takes
 * minutes on a fresh machine. Of several at once one builds and the others wait for it.
 *
 * @throws {Error} saying what Go said
 */
export async function buildTemporal(cacheFolder: string): Promise<string> {
  const path = builtTemporalPath(cacheFolder)
  const folder = join(path, '..')
  mkdirSync(folder, { recursive: true })
  const lock = await waitForLock(join(folder, 'build.lock'), (pid) =>
    process.stderr.write(
      `Waiting for process ${pid}, which is building the Temporal dev server …\n`,
    ),
  )
  const part = `${path}.${process.pid}.part`
  try {
    if (existsSync(path)) return path
    await requireGo()
    const total = await fetchModules()
    await compile(part, total)
    renameSync(part, path)
    return path
  } finally {
    rmSync(part, { force: true })
    lock.release()
  }
}

async function requireGo(): Promise<void> {
  try {
    await run('go', ['version'])
  } catch (error) {
    throw new Error('Go was not found on the PATH', { cause: error })
  }
}

/** Fetches what the build needs; answers how many packages it will compile. */
async function fetchModules(): Promise<number> {
  const progress = createProgress('Fetching the Temporal dev server’s sources')
  let fetched = 0
  const packages = await go(['list', '-deps', PACKAGE], (line) => {
    if (line.startsWith('go: downloading')) progress.show(`${++fetched} modules`)
  })
  if (fetched > 0) progress.done(`${fetched} modules`)
  return packages.filter((line) => /^[^\s:]+$/.test(line)).length
}

async function compile(target: string, total: number): Promise<void> {
  const progress = createProgress('Building the Temporal dev server with Go')
  progress.show(`0 of ${total} packages`)
  let compiled = 0
  await go(['build', '-v', '-trimpath', '-ldflags', '-s -w', '-o', target, PACKAGE], () =>
    progress.show(`${++compiled} of ${total} packages`),
  )
  progress.done(`done, ${compiled} of ${total} packages compiled (the others were at hand)`)
}

async function go(args: readonly string[], onLine: (line: string) => void): Promise<string[]> {
  const build = spawnWithParent('go', args, {
    output: 'pipe',
    cwd: MODULE,
    env: { CGO_ENABLED: '0' },
  })
  const output = new PassThrough()
  build.process.stdout?.pipe(output, { end: false })
  build.process.stderr?.pipe(output, { end: false })
  build.process.once('close', () => output.end())
  const lines: string[] = []
  for await (const line of createInterface({ input: output })) {
    lines.push(line)
    onLine(line)
  }
  const code = await build.ended
  if (code !== 0)
    throw new Error(
      `go ${args[0]} failed: ${lines.slice(-ERROR_LINES).join(' · ') || `exit ${code}`}`,
    )
  return lines
}

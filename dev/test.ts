import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { readConfig } from '../platform/config.ts'
import { spawnWithParent, type BoundChild } from './spawn-with-parent.ts'
import { findTemporal } from './temporal-binary.ts'
import { countTests } from './test-counts.ts'
import type { Crash } from './test-crashes.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))

/** Checks that need nothing but the source; each counts as one. */
const CHECKS: readonly (readonly [title: string, program: string, ...args: string[]])[] = [
  ['Types', 'tsc', '-p', '.'],
  ['Types of domain, which may use neither Node nor a browser', 'tsc', '-p', 'domain'],
  ['Types of workflows, likewise', 'tsc', '-p', 'workflows'],
  ['Lint', 'oxlint', '--type-aware'],
  ['Format', 'oxfmt', '--check'],
  ['Unused code', 'knip'],
]

let passed = 0
let failed = 0
let running: BoundChild | undefined
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
  process.on(signal, () => void (running?.stop() ?? Promise.resolve()).then(() => process.exit(1)))

for (const [title, program, ...args] of CHECKS)
  await check(title, async () => (await run(program, args)) === 0)

const hasEngine = await check('Temporal dev server', async () => {
  const { path, version } = await findTemporal(readConfig().cacheFolder)
  console.log(`${path} (server ${version.major}.${version.minor})`)
  return true
})

section('Tests')
if (!hasEngine) console.log('Without a Temporal dev server, those that need one are left out.')
await runTests(hasEngine ? [] : ['--project', 'domain', '--project', 'unit'])

console.log(`\n${passed} passed, ${failed} failed`)
process.exit(failed === 0 ? 0 : 1)

async function check(title: string, isFine: () => Promise<boolean>): Promise<boolean> {
  section(title)
  const startedAt = performance.now()
  let fine = false
  try {
    fine = await isFine()
  } catch (error) {
    console.log(error instanceof Error ? error.message : error)
  }
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(1)
  console.log(fine ? `passed in ${seconds} s` : 'FAILED')
  if (fine) passed++
  else failed++
  return fine
}

/**
 * Runs the tests; counts come from the report, so that a file that cannot even be loaded counts as a
 * failure. Files whose process V8 ended are run again, once: under PGlite's WebAssembly it now and
 * then finds its own books of compiled code in disorder and aborts (nodejs/node#64500). A second
 * time, and every other way to fail, counts.
 */
async function runTests(args: readonly string[]): Promise<void> {
  const first = await runVitest(args)
  if (first.crashes.length === 0 || first.failed > 1) {
    passed += first.passed
    failed += first.failed
    return
  }
  section('Again')
  for (const { file, signal } of first.crashes)
    console.log(`V8 ended the process of ${file} (${signal}).`)
  const second = await runVitest(first.crashes.map(({ file }) => file))
  passed += first.passed + second.passed
  failed += second.failed
}

async function runVitest(
  args: readonly string[],
): Promise<{ passed: number; failed: number; crashes: Crash[] }> {
  const folder = mkdtempSync(join(tmpdir(), 'rumbo-test-'))
  const report = join(folder, 'report.json')
  const crashReport = join(folder, 'crashes.json')
  try {
    const code = await run(
      'vitest',
      [
        'run',
        '--reporter=default',
        '--reporter=json',
        '--reporter=./dev/crash-reporter.ts',
        `--outputFile.json=${report}`,
        ...args,
      ],
      { CRASH_REPORT: crashReport },
    )
    const crashes = (readReport(crashReport) ?? []) as Crash[]
    return { ...countTests(readReport(report), code), crashes }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

function readReport(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, 'utf8'))
  } catch {
    return undefined // the run broke before it could write one; its exit code says so
  }
}

async function run(
  program: string,
  args: readonly string[],
  env: Record<string, string> = {},
): Promise<number> {
  running = spawnWithParent(join(root, 'node_modules/.bin', program), args, {
    output: 1,
    cwd: root,
    env,
  })
  return running.ended
}

function section(title: string): void {
  console.log(`\n── ${title} ${'─'.repeat(Math.max(3, 76 - title.length))}`)
}

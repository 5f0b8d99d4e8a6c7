// `node dev/launch.mjs <entry.ts> [arguments]`: runs a TypeScript entry of this project from a fresh
// clone on. Written for the machine's own Node (>= 20), before anything is installed: plain
// JavaScript, no dependencies.
//
// It owns three things: that what is installed fits the lockfile, that the entry runs on a Node that
// strips types, and that the entry ends when whoever started it does, however that ended.
import { spawn, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { waitForLock } from './process-lock.mjs'

const NODE_MAJOR_MIN = 20
/** The first that runs TypeScript as this project writes it. */
const NODE_MAJOR_WANTED = 24
const PARENT_POLL_MS = 500
/** After this long without a clean end, an orphan ends anyway. */
const ORPHAN_GRACE_MS = 30_000

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const [entry, ...args] = process.argv.slice(2)
const major = Number(process.versions.node.split('.')[0])
let isEnding = false

if (entry === undefined) fail('Usage: node dev/launch.mjs <entry.ts> [arguments]')
if (major < NODE_MAJOR_MIN)
  fail(
    `Node ${process.versions.node} is too old to start this project. Install Node ${NODE_MAJOR_MIN} or newer.`,
  )

process.env.TZ = 'UTC'
// What the entry starts finds this project's programs first, Node among them.
process.env.PATH = `${join(root, 'node_modules/.bin')}${delimiter}${process.env.PATH ?? ''}`
if (process.channel) endWithLauncher()
else watchNpm()
await installIfNeeded()
if (major >= NODE_MAJOR_WANTED) await runHere()
else runOn(await installedNode())

async function runHere() {
  const path = resolve(root, entry)
  process.argv.splice(1, process.argv.length, path, ...args)
  await import(pathToFileURL(path).href)
}

function runOn(node) {
  const child = spawn(node, [fileURLToPath(import.meta.url), entry, ...args], {
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  child.once('error', (error) => fail(`${node} could not be started: ${error.message}`))
  child.once('exit', (code, signal) => {
    if (signal === null) process.exit(code ?? 1)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** The launcher that runs this one on a newer Node holds the other end of the channel. */
function endWithLauncher() {
  process.once('disconnect', endOrphan)
  process.channel.unref()
}

/** npm runs scripts with `exec`, so that npm itself is the parent: gone, nobody wants this any more. */
function watchNpm() {
  if (process.env.npm_lifecycle_event === undefined) return
  const parent = process.ppid
  setInterval(() => {
    if (process.ppid !== parent) endOrphan()
  }, PARENT_POLL_MS).unref()
}

/** Lets the entry end as on any SIGTERM; by force if it does not. */
function endOrphan() {
  if (isEnding) return
  isEnding = true
  setTimeout(() => process.exit(1), ORPHAN_GRACE_MS).unref()
  process.kill(process.pid, 'SIGTERM')
}

async function installIfNeeded() {
  if (isInstalled()) return
  const key = createHash('sha256').update(root).digest('hex').slice(0, 16)
  const lock = await waitForLock(join(tmpdir(), `rumbo-install-${key}.lock`), (pid) =>
    console.error(`Waiting for process ${pid}, which is installing the dependencies …`),
  )
  const problem = isInstalled() ? undefined : install()
  lock.release()
  if (problem !== undefined) fail(problem)
}

/** Answers why not, or undefined. */
function install() {
  console.error('Installing the dependencies (npm ci) …')
  const { status, error } = spawnSync(
    'npm',
    ['ci', '--include=dev', '--no-audit', '--no-fund', '--loglevel=error'],
    { cwd: root, stdio: ['ignore', 'inherit', 'inherit'] },
  )
  if (error !== undefined)
    return `npm could not be started (${error.message}). It comes with Node; is it on the PATH?`
  if (status !== 0)
    return 'npm ci failed: see above. It needs a package registry; with one at hand, start again.'
  return undefined
}

/** npm writes its own copy of the lockfile last, so its age is that of a whole installation. */
function isInstalled() {
  const installed = statSync(join(root, 'node_modules/.package-lock.json'), {
    throwIfNoEntry: false,
  })
  if (installed === undefined) return false
  const wanted = statSync(join(root, 'package-lock.json'))
  return installed.mtimeMs >= wanted.mtimeMs || holdsAllOf('package-lock.json')
}

/** A lockfile that is newer by date only (a checkout, a copy) needs no installation. */
function holdsAllOf(lockfile) {
  const packages = (path) => JSON.parse(readFileSync(join(root, path), 'utf8')).packages ?? {}
  const installed = packages('node_modules/.package-lock.json')
  return Object.entries(packages(lockfile)).every(
    ([path, { version, integrity, optional, devOptional, peer }]) =>
      path === '' ||
      (installed[path] === undefined
        ? Boolean(optional || devOptional || peer)
        : installed[path].version === version && installed[path].integrity === integrity),
  )
}

/** The Node of the npm package `node`; where npm was told to skip install scripts, its own runs now. */
async function installedNode() {
  const folder = join(root, 'node_modules/node')
  const node = join(folder, 'bin/node')
  if (!existsSync(node) && existsSync(folder)) {
    console.error(`Installing Node ${NODE_MAJOR_WANTED} …`)
    spawnSync(process.execPath, ['installArchSpecificPackage.js'], {
      cwd: folder,
      stdio: 'inherit',
    })
  }
  if (!existsSync(node))
    fail(
      `This project runs on Node ${NODE_MAJOR_WANTED}, and the npm package "node" could not provide it for ${process.platform}-${process.arch}. Install Node ${NODE_MAJOR_WANTED} or newer.`,
    )
  return node
}

function fail(message) {
  console.error(message)
  process.exit(1)
}

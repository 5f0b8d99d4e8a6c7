// Plain JavaScript without dependencies: `launch.mjs` needs it before anything is installed.
import { execFileSync } from 'node:child_process'
import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'

const RETRIES_MAX = 20
const POLL_MS = 250

/**
 * Takes the lock file `path` for this process. A lock is one process's for as long as that process
 * lives, so one left by a killed process is taken over, and a new process with an old one's id is
 * not taken for it.
 *
 * @param {string} path
 * @returns {{ release: () => void } | { heldBy: number }}
 */
export function tryLock(path) {
  const mine = JSON.stringify({ pid: process.pid, startedAt: startOf(process.pid) })
  for (let attempt = 0; attempt < RETRIES_MAX; attempt++) {
    if (createWhole(path, mine)) return { release: () => release(path, mine) }
    const found = readIfThere(path)
    if (found === undefined) continue
    const holder = livingHolder(found)
    if (holder !== undefined) return { heldBy: holder }
    putAside(path, found)
  }
  throw new Error(`The lock ${path} could be neither taken nor read; is its folder writable?`)
}

/**
 * As `tryLock`, but waits until it is free. `onWait` is told once whom it waits for.
 *
 * @param {string} path
 * @param {(pid: number) => void} onWait
 * @returns {Promise<{ release: () => void }>}
 */
export async function waitForLock(path, onWait) {
  for (let told = false; ; told = true) {
    const lock = tryLock(path)
    if ('release' in lock) return lock
    if (!told) onWait(lock.heldBy)
    await sleep(POLL_MS)
  }
}

/** A link appears with its content or not at all, so nobody reads half a lock. */
function createWhole(path, content) {
  const draft = `${path}.${process.pid}.new`
  writeFileSync(draft, content)
  try {
    linkSync(draft, path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  } finally {
    rmSync(draft, { force: true })
  }
}

/** Moves a dead process's lock away, and back if it turns out to be another's, taken meanwhile. */
function putAside(path, dead) {
  const aside = `${path}.${process.pid}.old`
  try {
    renameSync(path, aside)
  } catch (error) {
    if (error.code === 'ENOENT') return
    throw error
  }
  const moved = readFileSync(aside, 'utf8')
  if (moved !== dead) createWhole(path, moved)
  rmSync(aside, { force: true })
}

function release(path, mine) {
  if (readIfThere(path) === mine) rmSync(path, { force: true })
}

function readIfThere(path) {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if (error.code === 'ENOENT') return undefined
    throw error
  }
}

function livingHolder(content) {
  let holder
  try {
    holder = JSON.parse(content)
  } catch {
    return undefined // not a lock of ours: nobody can hold it
  }
  const startedAt = startOf(holder.pid)
  return startedAt !== undefined && startedAt === holder.startedAt ? holder.pid : undefined
}

/** When a process began, in whatever words the system has; undefined when there is none. */
function startOf(pid) {
  try {
    // After the name, which may hold anything, the 20th field is the start.
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    return fields[0] === 'Z' ? undefined : fields[19]
  } catch {
    if (process.platform === 'linux') return undefined
  }
  try {
    return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim()
  } catch {
    return undefined
  }
}

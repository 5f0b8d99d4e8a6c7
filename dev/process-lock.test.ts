import { spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { tryLock, waitForLock } from './process-lock.mjs'

const folder = mkdtempSync(join(tmpdir(), 'rumbo-lock-'))
const path = join(folder, 'lock')
afterAll(() => rmSync(folder, { recursive: true }))
beforeEach(() => rmSync(path, { force: true }))

const MODULE = new URL('process-lock.mjs', import.meta.url).href

/** A process that takes the lock, says so and then does nothing for long. */
async function holder(): Promise<{ pid: number; said: string; kill: () => Promise<void> }> {
  const child = spawn(process.execPath, [
    '--input-type=module',
    '-e',
    `import { tryLock } from ${JSON.stringify(MODULE)}
     console.log(JSON.stringify(tryLock(${JSON.stringify(path)})))
     setInterval(() => {}, 1000)`,
  ])
  const said = await new Promise<string>((resolve) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(chunk.toString().trim()))
  })
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  return {
    pid: child.pid ?? 0,
    said,
    kill: () => {
      child.kill('SIGKILL')
      return ended
    },
  }
}

describe('a lock', () => {
  test('is held by one process until that releases it', async () => {
    const mine = tryLock(path)
    expect(mine).toHaveProperty('release')
    const other = await holder()
    expect(JSON.parse(other.said)).toEqual({ heldBy: process.pid })
    await other.kill()
    if ('release' in mine) mine.release()
    expect(tryLock(path)).toHaveProperty('release')
  })

  test('of a killed process is taken over', async () => {
    const other = await holder()
    expect(tryLock(path)).toEqual({ heldBy: other.pid })
    await other.kill()
    expect(tryLock(path)).toHaveProperty('release')
  })

  test('of an earlier process with the same id as a living one is taken over', () => {
    writeFileSync(path, JSON.stringify({ pid: process.pid, startedAt: 'long ago' }))
    expect(tryLock(path)).toHaveProperty('release')
  })

  test('is not hindered by rubbish, and leaves none', () => {
    writeFileSync(path, '{')
    expect(tryLock(path)).toHaveProperty('release')
    expect(readdirSync(folder)).toEqual(['lock'])
  })

  test('can be waited for', async () => {
    const other = await holder()
    const waitedFor: number[] = []
    const lock = waitForLock(path, (pid) => waitedFor.push(pid))
    await other.kill()
    ;(await lock).release()
    expect(waitedFor).toEqual([other.pid])
    expect(() => readFileSync(path)).toThrow('ENOENT')
  })
})

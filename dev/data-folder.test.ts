import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, describe, expect, test } from 'vitest'
import { takeDataFolder } from './data-folder.ts'
import { announceServer, findRunningServer } from './running-server.ts'

const parent = mkdtempSync(join(tmpdir(), 'rumbo-data-'))
afterAll(() => rmSync(parent, { recursive: true }))

describe('the data folder', () => {
  test('is made, for its owner only, and is held by one process at a time', () => {
    const path = join(parent, 'a/b')
    const folder = takeDataFolder(path)
    expect(statSync(path).mode & 0o777).toBe(0o700)
    expect(() => takeDataFolder(path)).toThrow(`in use by process ${process.pid}`)
    folder.release()
    takeDataFolder(path).release()
  })

  test('that is a file is refused with what to set', () => {
    const path = join(parent, 'file')
    writeFileSync(path, '')
    expect(() => takeDataFolder(path)).toThrow(/cannot be used .*Set RUMBO_DATA/)
  })

  test('tells the command line of a running server, until that ends', () => {
    const server = {
      pid: 1,
      url: 'http://127.0.0.1:3000',
      key: 'rk_x',
      temporalUiUrl: 'http://127.0.0.1:8233',
      temporalAddress: '127.0.0.1:7233',
      temporalNamespace: 'default',
    }
    expect(findRunningServer(parent)).toBeUndefined()
    const withdraw = announceServer(parent, server)
    expect(findRunningServer(parent)).toEqual(server)
    expect(statSync(join(parent, 'server.json')).mode & 0o777).toBe(0o600)
    withdraw()
    expect(findRunningServer(parent)).toBeUndefined()
  })
})

import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { findRunningServer } from '../../dev/running-server.ts'
import {
  npmStart,
  processesLeftWith,
  processesWith,
  type StartedServer,
} from '../support/npm-start.ts'

let data: string
let servers: StartedServer[]

beforeEach(() => {
  data = mkdtempSync(join(tmpdir(), 'rumbo-start-'))
  servers = []
})
afterEach(async () => {
  for (const { npm } of servers) npm.kill('SIGTERM')
  await Promise.all(servers.map(({ ended }) => ended))
  await processesLeftWith(data, 15_000)
  rmSync(data, { recursive: true, force: true })
})

function start(settings: Record<string, string> = {}): StartedServer {
  const server = npmStart({ RUMBO_DATA: data, ...settings })
  servers.push(server)
  return server
}

async function get(path: string): Promise<Response> {
  const server = findRunningServer(data)
  return fetch(`${server?.url}${path}`, { headers: { authorization: `Bearer ${server?.key}` } })
}

describe('npm start', () => {
  test('prints where everything is, and the key once; Ctrl-C ends it with 0 and leaves nothing; a second start finds everything', async () => {
    const first = start()
    await first.up()
    for (const name of ['API page', 'Outbox', 'Temporal UI', 'Key'])
      expect(first.output()).toMatch(new RegExp(`^ +${name} +\\S`, 'm'))
    expect(first.output()).toMatch(/rk_\S+ .*shown this once/)
    expect(statSync(join(data, 'server.json')).mode & 0o777).toBe(0o600)
    expect(statSync(join(data, 'api-key')).mode & 0o777).toBe(0o600)
    expect((await get('/readyz')).status).toBe(200)
    const server = findRunningServer(data)
    const sent = await fetch(`${server?.url}/v1/identify`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server?.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ userId: 'u1', traits: { plan: 'free' } }),
    })
    expect(sent.status).toBe(200)
    const before: unknown = await (await get('/v1/customers/u1')).json()

    // As a terminal does: to npm and everything in its group.
    process.kill(-Number(first.npm.pid), 'SIGINT')
    expect(await first.ended).toBe(0)
    expect(await processesLeftWith(data, 0)).toEqual([])

    const second = start()
    await second.up()
    expect(second.output()).not.toContain('rk_')
    expect(await (await get('/v1/customers/u1')).json()).toMatchObject({
      customerId: (before as { customerId: string }).customerId,
      traits: { plan: 'free' },
    })
  })

  test('ends with 0 and leaves nothing on SIGTERM to npm alone', async () => {
    const server = start()
    await server.up()
    server.npm.kill('SIGTERM')
    expect(await server.ended).toBe(0)
    expect(await processesLeftWith(data, 0)).toEqual([])
  })

  test('leaves nothing when it is killed, and starts again on what is there', async () => {
    const server = start()
    await server.up()
    const pid = findRunningServer(data)?.pid ?? 0
    process.kill(pid, 'SIGKILL')
    await server.ended
    expect(await processesLeftWith(data, 15_000)).toEqual([])
    await start().up()
    expect((await get('/readyz')).status).toBe(200)
  })

  test('leaves nothing when npm is killed', async () => {
    const server = start()
    await server.up()
    server.npm.kill('SIGKILL')
    expect(await processesLeftWith(data, 20_000)).toEqual([])
  })

  test('starts the engine again when that dies', async () => {
    await start().up()
    const [engine] = enginePids()
    process.kill(engine ?? 0, 'SIGKILL')
    await expect
      .poll(() => enginePids().filter((pid) => pid !== engine), { timeout: 60_000 })
      .toHaveLength(1)
    await expect.poll(async () => (await get('/readyz')).status, { timeout: 60_000 }).toBe(200)
  })

  test('says who uses the data folder when another process does', async () => {
    await start().up()
    const second = start()
    expect(await second.ended).toBe(1)
    const pid = findRunningServer(data)?.pid
    expect(second.output().trim()).toBe(
      `The data folder ${data} is in use by process ${pid}. Stop that one, or set RUMBO_DATA to another folder.`,
    )
  })

  test('says which port is in use', async () => {
    const other = createServer().listen(0, '127.0.0.1')
    await new Promise((resolve) => other.once('listening', resolve))
    const { port } = other.address() as AddressInfo
    const server = start({ PORT: String(port) })
    expect(await server.ended).toBe(1)
    expect(server.output().trim()).toMatch(
      new RegExp(`^Port ${port} on 127\\.0\\.0\\.1 is in use\\.`),
    )
    other.close()
  })

  test('names all wrong settings at once', async () => {
    const server = start({ PORT: 'many', LOG_LEVEL: 'loud', DATABASE_URL: 'mysql://x' })
    expect(await server.ended).toBe(1)
    const lines = server.output().trim().split('\n')
    expect(lines[0]).toBe('3 settings are wrong:')
    expect(lines.slice(1).map((line) => line.trim().split(':')[0])).toEqual([
      'PORT',
      'DATABASE_URL',
      'LOG_LEVEL',
    ])
  })
})

/** The engine of this data folder: the process whose log is in it. */
function enginePids(): number[] {
  return processesWith(join(data, 'temporal/temporal.db')).filter((pid) =>
    readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0]?.endsWith('temporal'),
  )
}

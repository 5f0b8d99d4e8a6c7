import { randomInt } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Client } from '@temporalio/client'
import { afterEach, beforeEach, describe, expect, inject, test } from 'vitest'
import { findRunningServer } from '../../dev/running-server.ts'
import { connectTemporal } from '../../platform/temporal.ts'
import { createServerDatabase } from '../support/database.ts'
import { startTestEngine } from '../support/engine.ts'
import type { Sight } from '../support/fuse.ts'
import { npmStart, processesLeftWith, type StartedServer } from '../support/npm-start.ts'
import { Shop } from '../support/shop.ts'

/** Customers that come in each life of what is killed. */
const CUSTOMERS = 20
/** What each life ends with, and among how many. Fewer than its customers cause, so that it does come. */
const DEATHS: readonly (readonly [Sight, number])[] = [
  ['call', 80],
  ['mail', 15],
  ['webhook', 15],
]
/** A dead worker's work is missed after 10 s, tried again a little later, and there may be a queue. */
const QUIET_MS_MAX = 90_000
const postgresUrl = inject('postgresUrl')

let folder: string
/** What has been started; undone in the opposite order, whatever became of the test. */
let started: AsyncDisposableStack

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-chaos-'))
  started = new AsyncDisposableStack()
  started.defer(async () => {
    await processesLeftWith(folder, 15_000)
    rmSync(folder, { recursive: true, force: true })
  })
})
afterEach(() => started.disposeAsync())

async function openShop(keepsMailAtKill: () => boolean): Promise<Shop> {
  const shop = await Shop.open(keepsMailAtKill)
  started.defer(() => shop.close())
  return shop
}

function start(script: string, settings: Record<string, string>): StartedServer {
  const server = npmStart({ RUMBO_DATA: folder, ...settings }, script)
  started.defer(async () => {
    server.npm.kill('SIGTERM')
    await server.ended
  })
  return server
}

function connect(address: string): Client {
  const client = connectTemporal({ address, namespace: 'default' })
  started.defer(() => client.connection.close())
  return client
}

/** As the kernel does when memory runs out: npm and all that it runs, without a word. */
const kill = ({ npm }: StartedServer): void => void process.kill(-Number(npm.pid), 'SIGKILL')

describe('row 14: process killed at any point', () => {
  test(
    'the whole of npm start: no event and no run is lost, no message comes twice',
    { timeout: 240_000 },
    async () => {
      const shop = await openShop(() => randomInt(2) === 0)
      let server = start('start', shop.settings)
      shop.url = await server.up()
      await shop.publish()
      const served: Promise<void>[] = []
      for (const [sight, among] of DEATHS) {
        const dies = shop.fuse.arm(sight, among, () => kill(server))
        served.push(shop.serve(CUSTOMERS))
        await dies
        await server.ended
        server = start('start', shop.settings)
        shop.url = await server.up()
      }
      await Promise.all([...served, shop.serve(CUSTOMERS)])

      const client = connect(findRunningServer(folder)?.temporalAddress ?? '')
      await shop.untilQuiet(client, QUIET_MS_MAX)
      await shop.expectNothingLostOrDoubled(client)
    },
  )

  test.skipIf(postgresUrl === undefined)(
    'worker processes over PostgreSQL: no event and no run is lost, no message comes twice',
    { timeout: 240_000 },
    async () => {
      const engine = await startTestEngine()
      started.defer(engine.stop)
      const database = await createServerDatabase(postgresUrl ?? '')
      started.defer(database.close)
      const shop = await openShop(() => true)
      const settings = {
        ...shop.settings,
        DATABASE_URL: database.url,
        TEMPORAL_ADDRESS: engine.address,
      }
      const workers = [start('worker', settings), start('worker', settings)]
      shop.url = await start('api', settings).up()
      await shop.publish()
      const served: Promise<void>[] = []
      for (const [sight, among] of DEATHS) {
        const worker = workers.splice(randomInt(workers.length), 1)[0]!
        const dies = shop.fuse.arm(sight, among, () => kill(worker))
        served.push(shop.serve(CUSTOMERS))
        await dies
        workers.push(start('worker', settings))
      }
      await Promise.all([...served, shop.serve(CUSTOMERS)])

      const client = connect(engine.address)
      await shop.untilQuiet(client, QUIET_MS_MAX)
      await shop.expectNothingLostOrDoubled(client)
      expect(shop.failedCalls).toBe(0)
    },
  )
})

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { freePort } from '../../dev/free-port.ts'
import { findTemporal } from '../../dev/temporal-binary.ts'
import { startTemporal } from '../../dev/temporal-server.ts'
import { readConfig } from '../../platform/config.ts'
import { createServerDatabase } from '../support/database.ts'
import { npmStart } from '../support/npm-start.ts'

const KEY = 'a-key-for-this-test-only'
const postgresUrl = inject('postgresUrl')

/** API and workers as processes of their own, several of each, begun while the engine is away. */
test.skipIf(postgresUrl === undefined)(
  'several api and worker processes start together, take events without the engine, and handle them when it is there',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'rumbo-processes-'))
    const database = await createServerDatabase(postgresUrl ?? '')
    const port = await freePort()
    const settings = {
      RUMBO_DATA: folder,
      RUMBO_API_KEY: KEY,
      DATABASE_URL: database.url,
      TEMPORAL_ADDRESS: `127.0.0.1:${port}`,
    }
    const processes = ['api', 'api', 'worker', 'worker'].map((script) => npmStart(settings, script))
    const [one, other] = await Promise.all(processes.slice(0, 2).map(({ up }) => up()))
    const call = (base: string | undefined, path: string, body?: unknown) =>
      fetch(`${base}${path}`, {
        headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
        ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
      })

    expect(await (await call(one, '/readyz')).json()).toMatchObject({
      ready: false,
      sql: { ok: true },
      engine: { ok: false },
    })
    const journey = {
      key: 'hello',
      title: 'Hello',
      class: 'service',
      arbitration: { mode: 'auto', value: 1 },
      entry: { on: [{ event: 'Hello' }], reentry: { mode: 'never' } },
      start: 'rest',
      steps: { rest: { type: 'wait', for: 'P1D', next: 'end' }, end: { type: 'exit' } },
      messages: {},
    }
    const published = await call(one, '/v1/journeys/hello/versions', journey)
    expect(published.status, await published.text()).toBe(201)
    expect((await call(one, '/v1/track', { userId: 'u', event: 'Hello' })).status).toBe(200)

    const engine = await startTemporal({
      binary: await findTemporal(readConfig().cacheFolder),
      port,
      logFile: join(folder, 'temporal.log'),
    })
    await expect
      .poll(async () => (await call(other, '/readyz')).status, { timeout: 15_000 })
      .toBe(200)
    await expect
      .poll(async () => (await call(other, '/v1/customers/u')).json(), { timeout: 40_000 })
      .toMatchObject({ runs: [{ journey: 'hello', step: 'rest' }] })

    for (const { npm } of processes) npm.kill('SIGTERM')
    expect(await Promise.all(processes.map(({ ended }) => ended))).toEqual([0, 0, 0, 0])
    await engine.stop()
    await database.close()
    rmSync(folder, { recursive: true })
  },
)

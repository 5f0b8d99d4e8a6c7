import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../../domain/json.ts'
import { journey } from '../support/journeys.ts'
import { npmStart, processesLeftWith, type StartedServer } from '../support/npm-start.ts'

/** `AUDIENCE_CUSTOMERS=20000` for a flash sale as it is. */
const CUSTOMERS = Number(process.env['AUDIENCE_CUSTOMERS'] ?? 300)
const PER_SECOND = Math.max(40, CUSTOMERS / 200)
/** Two cores start some twenty actors in a second. */
const WITHIN_MS = 600_000 + CUSTOMERS * 100
const KEY = 'a-key-for-this-test-only'

let folder: string
let server: StartedServer
let url: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'rumbo-audience-'))
})
afterAll(async () => {
  server.npm.kill('SIGTERM')
  await server.ended
  await processesLeftWith(folder, 15_000)
  rmSync(folder, { recursive: true, force: true })
})

const start = async (): Promise<void> => {
  server = npmStart({ RUMBO_DATA: folder, RUMBO_API_KEY: KEY })
  url = await server.up()
}
const call = async (method: string, path: string, body?: unknown): Promise<JsonObject> => {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { authorization: `Bearer ${KEY}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  if (!response.ok) throw new Error(`${method} ${path}: ${await response.text()}`)
  return (await response.json()) as JsonObject
}
const entry = async () => {
  const { data } = await call('GET', '/v1/journeys/sale/entries')
  return (data as unknown as { status: string; entered: number }[])[0]
}
const until = async (what: string, check: () => Promise<boolean>, withinMs: number) => {
  const deadline = performance.now() + withinMs
  while (!(await check())) {
    if (performance.now() > deadline) throw new Error(`Not in time: ${what}`)
    await sleep(500)
  }
}

test(
  'everything is killed while an audience enters: everybody enters, and nobody twice',
  { timeout: 3 * WITHIN_MS },
  async () => {
    await start()
    for (let from = 0; from < CUSTOMERS; from += 100) {
      const batch = Array.from({ length: Math.min(100, CUSTOMERS - from) }, (_, n) => ({
        type: 'identify',
        userId: `user-${from + n}`,
        messageId: `identify-${from + n}`,
        traits: { plan: 'pro' },
        context: { historical: true },
      }))
      await call('POST', '/v1/batch', { batch })
    }
    await call('PUT', '/v1/audiences/pros', { key: 'pros', when: "customer.traits.plan == 'pro'" })
    const sale = journey('sale', {
      class: 'service',
      entry: { on: [], audience: { key: 'pros', perSecond: PER_SECOND } },
      start: 'rest',
      steps: { rest: { type: 'wait', for: 'P30D', next: 'end' }, end: { type: 'exit' } },
    })
    await call('POST', '/v1/journeys/sale/versions', sale)
    await call('POST', '/v1/journeys/sale/entries', {})
    const enteredAtLeast = async (count: number) => ((await entry())?.entered ?? 0) >= count
    await until('a third has entered', () => enteredAtLeast(CUSTOMERS / 3), WITHIN_MS)

    process.kill(-Number(server.npm.pid), 'SIGKILL')
    await server.ended
    await start()
    await until('the entry is done', async () => (await entry())?.status === 'done', WITHIN_MS)

    const inside = async (): Promise<number> => {
      const { headCount } = await call('GET', '/v1/journeys/sale/versions/1')
      return (headCount as { total: number }).total
    }
    await until('every actor has decided', async () => (await inside()) >= CUSTOMERS, WITHIN_MS)
    expect((await entry())?.entered).toBe(CUSTOMERS)
    expect(await inside(), 'nobody is in it twice').toBe(CUSTOMERS)
    for (const n of [0, 1, Math.floor(CUSTOMERS / 3), Math.floor(CUSTOMERS / 2), CUSTOMERS - 1]) {
      const { data } = await call('GET', `/v1/customers/user-${n}/timeline?limit=200`)
      const entered = (data as unknown as { kind: string; summary: string }[]).filter(
        ({ kind, summary }) => kind === 'run' && summary.startsWith('entered'),
      )
      expect(entered).toHaveLength(1)
    }
  },
)

import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded, connectServer, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { connectTemporal } from '../platform/temporal.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { createApp } from './app.ts'
import { PROBLEMS } from './errors.ts'

describe('the API', () => {
  let handle: DatabaseHandle
  let api: TestApi
  beforeAll(async () => {
    handle = await connectEmbedded()
    await migrate(handle.db)
    api = await createTestApi(handle.db)
  })
  afterAll(() => handle.close())

  test("answers with the caller's request id if it is sane, else with its own", async () => {
    const idFor = async (given: string) =>
      (await api.request('GET /healthz', { headers: { 'x-request-id': given } })).headers.get(
        'x-request-id',
      )
    expect(await idFor('abc-123')).toBe('abc-123')
    expect(await idFor('no spaces or <tags>')).toMatch(/^[0-9a-f-]{36}$/)
    expect(await idFor('x'.repeat(200))).toMatch(/^[0-9a-f-]{36}$/)
  })

  test('says which part is missing when it is not ready', async () => {
    const ready = await api.request('GET /readyz', { key: null })
    expect(ready.status).toBe(200)
    const app = createApp({
      ...api.deps,
      checkEngine: () => Promise.reject(new Error('connection refused')),
    })
    const answer = await app.request('/readyz')
    expect(answer.status).toBe(503)
    expect(await answer.json()).toEqual({
      ready: false,
      sql: { ok: true, reason: null },
      engine: { ok: false, reason: 'connection refused' },
    })
  })

  test('answers 503 with Retry-After while SQL is away', async () => {
    const away = connectServer('postgres://nobody@127.0.0.1:1/none')
    const app = createApp({ ...api.deps, db: away.db })
    const answer = await app.request('/v1/customers', {
      headers: { authorization: `Bearer ${api.key}` },
    })
    expect(answer.status).toBe(503)
    expect(answer.headers.get('retry-after')).toBe('5')
    expect(await answer.json()).toMatchObject({ type: '/docs/problems.md#store_down' })
    const ready = await app.request('/readyz')
    expect(await ready.json()).toMatchObject({ sql: { ok: false }, engine: { ok: true } })
    await away.close()
  })

  test('answers 503 where a call needs the engine and it is away', async () => {
    const away = connectTemporal({ address: '127.0.0.1:1', namespace: 'default' })
    const app = createApp({ ...api.deps, client: () => away })
    const answer = await app.request('/v1/test-customers', {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: '{}',
    })
    expect(answer.status).toBe(503)
    expect(await answer.json()).toMatchObject({ type: '/docs/problems.md#engine_down' })
    await away.connection.close()
  })

  test('tells nothing about a bug but the id under which it is logged', async () => {
    const acceptor = {
      ...api.deps.acceptor,
      accept: () => Promise.reject(new Error('secret detail')),
    }
    const app = createApp({ ...api.deps, acceptor })
    const answer = await app.request('/v1/track', {
      method: 'POST',
      headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ userId: 'u', event: 'A' }),
    })
    expect(answer.status).toBe(500)
    expect(await answer.text()).not.toContain('secret detail')
  })

  test('slows a key down that sends too much, and no other', async () => {
    let nowMs = 0
    const deps = { ...api.deps, now: () => nowMs, rateLimit: { perSecond: 1, burst: 2 } }
    const app = createApp(deps)
    const other = await api.keyWith('read')
    const call = async (key: string) => {
      const headers = { authorization: `Bearer ${key}` }
      const answer = await app.request('/v1/journeys', { headers })
      return [answer.status, answer.headers.get('retry-after')]
    }
    expect([await call(api.key), await call(api.key)]).toEqual([
      [200, null],
      [200, null],
    ])
    expect(await call(api.key)).toEqual([429, '1'])
    expect(await call(other)).toEqual([200, null])
    nowMs += 1_000
    expect(await call(api.key)).toEqual([200, null])
  })

  test('shows its documents without the network', async () => {
    const page = await (await api.request('GET /docs', { key: null })).text()
    const links = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => String(link))
    expect(links.filter((link) => !link.startsWith('data:'))).toHaveLength(3)
    for (const link of links.filter((each) => !each.startsWith('data:'))) {
      expect(link).toMatch(/^\/docs\/assets\//)
      expect((await api.request(`GET ${link}`, { key: null })).status).toBe(200)
    }
  })

  test('shows mails to this machine, and to others with a key only', async () => {
    const at = (app: ReturnType<typeof createApp>, headers: Record<string, string> = {}) =>
      app.request('http://localhost/outbox', { headers })
    expect((await at(createApp(api.deps))).status).toBe(200)
    const open = createApp({ ...api.deps, isOpenToNetwork: true })
    expect((await at(open)).status).toBe(401)
    const authorization = `Basic ${Buffer.from(`${api.key}:`).toString('base64')}`
    expect((await at(open, { authorization })).status).toBe(200)
  })

  test('explains every problem and every finding of its own', async () => {
    const answer = await api.request('GET /docs/problems.md', { key: null })
    const text = await answer.text()
    const headings = new Set([...text.matchAll(/^## (\w+)$/gm)].map(([, code]) => code))
    expect(Object.keys(PROBLEMS).filter((code) => !headings.has(code))).toEqual([])
    const sources = ['inputs.ts', 'pages.ts', 'find-customer.ts', 'routes/parse-batch.ts']
    const texts = await Promise.all([
      ...sources.map((file) => readFile(new URL(file, import.meta.url), 'utf8')),
      ...['parse-event.ts', 'incoming-event.ts'].map((file) =>
        readFile(new URL(`../operations/${file}`, import.meta.url), 'utf8'),
      ),
    ])
    const codes = texts.flatMap((source) =>
      [...source.matchAll(/(?:code: |finding\(|refuse\(|\? )'(\w+)'/g)].map(([, code]) => code),
    )
    expect(codes.length).toBeGreaterThan(10)
    expect(codes.filter((code) => !headings.has(String(code)))).toEqual([])
  })
})

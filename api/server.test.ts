import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { startApi } from './server.ts'

describe('startApi', () => {
  let handle: DatabaseHandle
  let api: TestApi
  beforeAll(async () => {
    handle = await connectEmbedded()
    await migrate(handle.db)
    api = await createTestApi(handle.db)
  })
  afterAll(() => handle.close())

  test('finishes what it has begun when it is stopped, and then takes nothing more', async () => {
    const acceptor: TestApi['deps']['acceptor'] = {
      ...api.deps.acceptor,
      accept: async (events) => {
        await sleep(300)
        return api.deps.acceptor.accept(events)
      },
    }
    const server = await startApi({ ...api.deps, acceptor, host: '127.0.0.1', port: 0 })
    const send = () =>
      fetch(`${server.url}/v1/track`, {
        method: 'POST',
        headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ userId: 'u', event: 'A' }),
      })
    const answer = send()
    await sleep(100)
    const beganAtMs = Date.now()
    await server.stop()
    expect((await answer).status).toBe(200)
    // Kept-alive connections do not hold it up until they are cut off, after 10 s.
    expect(Date.now() - beganAtMs).toBeLessThan(9_000)
    await expect(send()).rejects.toThrow('fetch failed')
  })

  test.each(['says its length', 'comes in chunks'])(
    'a body that %s is refused above 500 KB, and taken below',
    async (how) => {
      const server = await startApi({ ...api.deps, host: '127.0.0.1', port: 0 })
      const send = async (bytes: number) => {
        const event = JSON.stringify({ type: 'track', userId: 'u', event: 'A' })
        const text = `{"batch":[${event}]}`.padEnd(bytes)
        const answer = await fetch(`${server.url}/v1/batch`, {
          method: 'POST',
          headers: { authorization: `Bearer ${api.key}`, 'content-type': 'application/json' },
          body: how === 'says its length' ? text : new Blob([text]).stream(),
          duplex: 'half',
        })
        return answer.status
      }
      expect([await send(600 * 1024), await send(400 * 1024)]).toEqual([413, 200])
      await server.stop()
    },
  )

  test('says that the port is taken', async () => {
    const server = await startApi({ ...api.deps, host: '127.0.0.1', port: 0 })
    const port = Number(new URL(server.url).port)
    await expect(startApi({ ...api.deps, host: '127.0.0.1', port })).rejects.toMatchObject({
      code: 'EADDRINUSE',
    })
    await server.stop()
  })
})

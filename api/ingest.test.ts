import { randomUUID } from 'node:crypto'
import { Analytics } from '@segment/analytics-node'
import { beforeAll, describe, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { startApi } from './server.ts'

describeOnEachDatabase('ingest', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db())
  })

  const eventsOf = (userId: string) =>
    db()
      .selectFrom('events')
      .innerJoin('identities', 'identities.customer_id', 'events.customer_id')
      .selectAll('events')
      .where('identities.kind', '=', 'user')
      .where('identities.value', '=', userId)
      .orderBy('seq')
      .execute()

  test("Segment's own client works unchanged", async () => {
    const server = await startApi({ ...api.deps, host: '127.0.0.1', port: 0 })
    const failures: unknown[] = []
    const client = new Analytics({ writeKey: api.key, host: server.url, maxRetries: 0 })
    client.on('error', (error) => failures.push(error))
    const [userId, anonymousId] = [randomUUID(), randomUUID()]
    client.identify({ userId, anonymousId, traits: { email: 'a@example.com', plan: 'free' } })
    client.track({ userId, event: 'Order Completed', properties: { revenue: 12.5 } })
    client.page({ userId, category: 'Docs', name: 'Start', properties: { url: '/start' } })
    client.screen({ userId, name: 'Home' })
    client.group({ userId, groupId: 'g-1', traits: { name: 'Group' } })
    client.alias({ userId, previousId: randomUUID() })
    await client.flush()
    await server.stop()

    expect(failures).toEqual([])
    const rows = await eventsOf(userId)
    expect(rows.map((row) => [row.type, row.name])).toEqual([
      ['identify', null],
      ['track', 'Order Completed'],
      ['page', 'Page Viewed'],
      ['screen', 'Screen Viewed'],
      ['group', null],
      ['alias', null],
    ])
    expect(rows[1]).toMatchObject({ properties: { revenue: 12.5 }, historical: false })
    expect(rows[2]?.properties).toMatchObject({ category: 'Docs', name: 'Start', url: '/start' })
    const customer = await api.request(`GET /v1/customers/${anonymousId}`)
    expect(await customer.json()).toMatchObject({
      traits: { email: 'a@example.com', plan: 'free' },
      identities: expect.arrayContaining([{ kind: 'user', value: userId }]),
    })
  })

  describe('200', () => {
    test('answers success for one event, also when it comes again', async () => {
      const body = { messageId: randomUUID(), userId: randomUUID(), event: 'Clicked' }
      for (const _ of [1, 2]) {
        const answer = await api.request('POST /v1/track', { body })
        expect(answer.status).toBe(200)
        expect(await answer.json()).toEqual({ success: true })
      }
      expect(await eventsOf(body.userId)).toHaveLength(1)
    })

    test('keeps fields that Segment does not define, and never the key', async () => {
      const userId = randomUUID()
      const body = { userId, event: 'Clicked', integrations: { All: true }, writeKey: api.key }
      await api.request('POST /v1/track', { body })
      expect((await eventsOf(userId))[0]?.context).toEqual({
        unknownFields: { integrations: { All: true } },
      })
    })

    test('a missing message id is made of the body where it has a timestamp, else random', async () => {
      const timed = { userId: randomUUID(), event: 'A', timestamp: '2026-01-05T09:00:00Z' }
      const again = { ...timed, sentAt: new Date().toISOString() }
      await api.request('POST /v1/track', { body: timed })
      await api.request('POST /v1/track', { body: again })
      expect(await eventsOf(timed.userId)).toHaveLength(1)

      const untimed = { userId: randomUUID(), event: 'A' }
      await api.request('POST /v1/track', { body: untimed })
      await api.request('POST /v1/track', { body: untimed })
      expect(await eventsOf(untimed.userId)).toHaveLength(2)
    })

    test('corrects the timestamp by how far the clock of the sender is off', async () => {
      const userId = randomUUID()
      const sentAt = new Date(Date.now() - 3_600_000)
      const timestamp = new Date(sentAt.getTime() - 60_000)
      await api.request('POST /v1/batch', {
        body: { batch: [{ type: 'track', userId, event: 'A', timestamp }], sentAt },
      })
      const [row] = await eventsOf(userId)
      const agoMs = Number(row?.received_at) - Number(row?.occurred_at)
      expect(Math.abs(agoMs - 60_000)).toBeLessThan(30_000)
    })

    test('marks what comes from an import', async () => {
      const userId = randomUUID()
      const body = { userId, event: 'Order Completed', context: { historical: true } }
      await api.request('POST /v1/track', { body })
      expect((await eventsOf(userId))[0]).toMatchObject({ historical: true })
    })

    test("takes the key from the body, as browsers send it, and from Basic's user name", async () => {
      const writeKey = await api.keyWith('ingest')
      const body = { userId: randomUUID(), event: 'A' }
      const options = { body: { ...body, writeKey }, key: null }
      expect((await api.request('POST /v1/track', options)).status).toBe(200)
      const authorization = `Basic ${Buffer.from(`${writeKey}:`).toString('base64')}`
      const basic = { body, key: null, headers: { authorization } }
      expect((await api.request('POST /v1/track', basic)).status).toBe(200)
      expect(await eventsOf(body.userId)).toHaveLength(2)
    })

    test('lets pages of any origin send events, and only that', async () => {
      const headers = { origin: 'https://shop.example', 'access-control-request-method': 'POST' }
      const preflight = (path: string) => api.request(`OPTIONS ${path}`, { key: null, headers })
      const allowed = await preflight('/v1/track')
      expect(allowed.status).toBe(204)
      expect(allowed.headers.get('access-control-allow-origin')).toBe('*')
      expect((await preflight('/v1/customers')).status).toBe(404)
    })

    test('with wait=handled, filtered events answer at once', async () => {
      const body = { userId: randomUUID(), event: 'Nobody Cares' }
      const answer = await api.request('POST /v1/track?wait=handled', { body })
      expect(answer.status).toBe(200)
      const [row] = await eventsOf(body.userId)
      expect(await answer.json()).toEqual({
        success: true,
        customerId: row?.customer_id,
        decisions: [],
      })
    })

    test('a bad event in a good batch is quarantined with its reasons and the rest goes on', async () => {
      const userId = randomUUID()
      const bad = { type: 'track', userId, properties: 7, timestamp: 'yesterday' }
      const good = { type: 'track', userId, event: 'A' }
      const large = { ...good, properties: { text: 'x'.repeat(33 * 1024) } }
      const answer = await api.request('POST /v1/batch', { body: { batch: [good, bad, large] } })
      expect(answer.status).toBe(200)
      const { accepted, quarantined } = (await answer.json()) as {
        accepted: number
        quarantined: { index: number; findings: { code: string; path: string }[] }[]
      }
      expect(accepted).toBe(1)
      expect(
        quarantined.map(({ index, findings }) => [index, findings.map((each) => each.path)]),
      ).toEqual([
        [1, ['/batch/1/properties', '/batch/1/timestamp', '/batch/1/event']],
        [2, ['/batch/2']],
      ])
      expect(await eventsOf(userId)).toHaveLength(1)

      const list = await api.request('GET /v1/quarantine?status=open')
      const { data } = (await list.json()) as { data: { quarantineId: string; body: object }[] }
      const kept = data.find((entry) => 'properties' in entry.body && entry.body.properties === 7)
      expect(kept?.body).toEqual(bad)
      const retried = await api.request(`POST /v1/quarantine/${kept?.quarantineId}/retry`)
      expect(retried.status).toBe(422)
    })

    test('a quarantined event that can be read now is accepted once', async () => {
      const userId = randomUUID()
      const quarantineId = randomUUID()
      await db()
        .insertInto('quarantine')
        .values({
          quarantine_id: quarantineId,
          received_at: new Date(),
          body: JSON.stringify({ type: 'track', userId, event: 'A' }),
          findings: '[]',
        })
        .execute()
      const answers = [
        await api.request(`POST /v1/quarantine/${quarantineId}/retry`),
        await api.request(`POST /v1/quarantine/${quarantineId}/retry`),
      ]
      expect(answers.map((answer) => answer.status)).toEqual([200, 409])
      expect(await eventsOf(userId)).toMatchObject([{ message_id: quarantineId }])
    })
  })

  describe('4xx', () => {
    test('401 when neither header nor body has a key, 403 when it may not ingest', async () => {
      const body = { userId: 'u', event: 'A' }
      expect((await api.request('POST /v1/track', { body, key: null })).status).toBe(401)
      const writeKey = await api.keyWith('read')
      const options = { body: { ...body, writeKey }, key: null }
      expect((await api.request('POST /v1/track', options)).status).toBe(403)
    })

    test('413 for one event above 32 KB', async () => {
      const body = { userId: 'u', event: 'A', properties: { text: 'x'.repeat(33 * 1024) } }
      expect((await api.request('POST /v1/track', { body })).status).toBe(413)
    })

    test('422 with everything that is wrong, for one event', async () => {
      const body = {
        anonymousId: 5,
        traits: [],
        messageId: 'x'.repeat(300),
        context: { historical: 'yes', source: 'Call centre', channel: 7 },
      }
      const answer = await api.request('POST /v1/group', { body })
      expect(answer.status).toBe(422)
      const { findings } = (await answer.json()) as { findings: { code: string; path: string }[] }
      expect(findings.map(({ code, path }) => `${code} ${path}`).sort()).toEqual([
        'bad_name /context/source',
        'missing_field /groupId',
        'too_long /messageId',
        'wrong_type /anonymousId',
        'wrong_type /context/channel',
        'wrong_type /context/historical',
        'wrong_type /traits',
      ])
    })

    test('422 for a batch without a good event, and nothing is quarantined', async () => {
      const body = { batch: [{ type: 'dance' }, { type: 'track', userId: 'u' }] }
      const answer = await api.request('POST /v1/batch', { body })
      expect(answer.status).toBe(422)
      const { findings } = (await answer.json()) as { findings: { path: string }[] }
      expect(findings.map((each) => each.path)).toEqual(['/batch/0/type', '/batch/1/event'])
    })

    test('400 for a batch that is none', async () => {
      expect((await api.request('POST /v1/batch', { body: { events: [] } })).status).toBe(400)
    })
  })
})

import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const NOW = '2026-02-01T00:00:00.000Z'

describeOnEachDatabase('exclusions over HTTP', (db) => {
  let api: TestApi
  let nowMs = Date.parse(NOW)
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => nowMs })
  })
  const call = async (route: string, status: number, body?: unknown) => {
    const answer = await api.request(route, body === undefined ? {} : { body })
    expect(answer.status).toBe(status)
    return (await answer.json()) as Record<string, any>
  }
  const newCustomer = async () => {
    const customerId = randomUUID()
    await db()
      .insertInto('customers')
      .values({ customer_id: customerId, created_at: new Date(0), traits: '{}' })
      .execute()
    return customerId
  }
  const asked = { reason: 'asked for a rest', source: 'support' }
  const listed = async (excluded: string) => {
    const { data } = await call(`GET /v1/customers?limit=200&excluded=${excluded}`, 200)
    return data.map(({ customerId }: { customerId: string }) => customerId) as string[]
  }

  test('one by hand is in force at once, is shown, and is told to the actor', async () => {
    const id = await newCustomer()
    const opened = await call(`POST /v1/customers/${id}/exclusions`, 201, asked)
    expect(opened).toEqual({
      exclusionId: expect.any(String),
      rule: null,
      ...asked,
      scope: { classes: ['marketing'] },
      since: NOW,
      inForceFrom: NOW,
      until: null,
      closed: null,
    })
    const { closed: _, ...shown } = opened
    expect((await call(`GET /v1/customers/${id}`, 200))['exclusions']).toEqual([shown])
    const log = await db().selectFrom('events').selectAll().where('customer_id', '=', id).execute()
    expect(log).toEqual([
      expect.objectContaining({
        type: 'exclusion',
        status: 'pending',
        payload: {
          change: 'open',
          exclusion: expect.objectContaining({ ...asked, sinceMs: nowMs, untilMs: null }),
        },
      }),
    ])
    expect(api.pending).toContain(id)
  })

  test('closing it ends it at once and keeps it in the history; again there is none', async () => {
    const id = await newCustomer()
    const { exclusionId } = await call(`POST /v1/customers/${id}/exclusions`, 201, asked)
    nowMs += 1_000
    const path = `/v1/customers/${id}/exclusions`
    const closed = await call(`DELETE ${path}/${exclusionId}`, 200)
    expect(closed['closed']).toEqual({ at: new Date(nowMs).toISOString(), by: 'by hand' })
    expect((await call(`GET /v1/customers/${id}`, 200))['exclusions']).toEqual([])
    expect(await call(`GET ${path}`, 200)).toEqual({ data: [closed], nextCursor: null })
    await call(`DELETE ${path}/${exclusionId}`, 404)
  })

  test('the list goes on where the page before ended', async () => {
    const id = await newCustomer()
    for (const reason of ['first', 'second', 'third']) {
      nowMs += 1_000
      await call(`POST /v1/customers/${id}/exclusions`, 201, { ...asked, reason })
    }
    const path = `GET /v1/customers/${id}/exclusions?limit=2`
    const page = await call(path, 200)
    const rest = await call(`${path}&cursor=${page['nextCursor']}`, 200)
    const reasons = [...page['data'], ...rest['data']].map(({ reason }) => reason)
    expect(reasons).toEqual(['third', 'second', 'first'])
  })

  test('customers are found by the reason, or because there is any, as long as it holds', async () => {
    const [one, other, free] = [await newCustomer(), await newCustomer(), await newCustomer()]
    const until = new Date(nowMs + 60_000).toISOString()
    await call(`POST /v1/customers/${one}/exclusions`, 201, { ...asked, reason: 'press', until })
    await call(`POST /v1/customers/${other}/exclusions`, 201, asked)
    expect(await listed('press')).toEqual([one])
    expect(await listed('true')).toEqual(expect.arrayContaining([one, other]))
    expect(await listed('true')).not.toContain(free)
    nowMs += 60_000
    expect(await listed('press')).toEqual([])
    expect((await call(`GET /v1/customers/${one}`, 200))['exclusions']).toEqual([])
  })

  test('an end that has passed, and one too many, are refused', async () => {
    const id = await newCustomer()
    const path = `POST /v1/customers/${id}/exclusions`
    const refused = await call(path, 422, { ...asked, until: new Date(nowMs).toISOString() })
    expect(refused['findings']).toMatchObject([{ code: 'instant_in_past', path: '/until' }])
    for (let at = 0; at < 16; at++) await call(path, 201, asked)
    await call(path, 422, asked)
  })

  test('who changed what is on record', async () => {
    const id = await newCustomer()
    const { exclusionId } = await call(`POST /v1/customers/${id}/exclusions`, 201, asked)
    await call(`DELETE /v1/customers/${id}/exclusions/${exclusionId}`, 200)
    const { data } = await call('GET /v1/commands?limit=2', 200)
    expect(data.map(({ action }: { action: string }) => action)).toEqual([
      'exclusion.close',
      'exclusion.open',
    ])
  })
})

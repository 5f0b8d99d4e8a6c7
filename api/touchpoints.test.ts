import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createEventAcceptor } from '../operations/accept-events.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const DAY_MS = 86_400_000

describeOnEachDatabase('touchpoints', (db) => {
  let nowMs: number
  let api: TestApi
  const now = () => nowMs
  beforeAll(async () => {
    const acceptor = createEventAcceptor({ db: db(), now, onPending: () => {} })
    api = await createTestApi(db(), { now, acceptor })
  })
  beforeEach(async () => {
    nowMs = Date.parse('2026-11-01T09:00:00Z')
    await db().deleteFrom('touchpoint_counts').execute()
    await db().deleteFrom('touchpoints').execute()
  })

  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const list = async (query = '') => {
    const { body } = await ask(`GET /v1/touchpoints${query}`)
    return body as { data: Record<string, unknown>[]; nextCursor: string | null }
  }
  const say = async (event: string, context: object) =>
    expect((await ask('POST /v1/track', { userId: 'ada', event, context })).status).toBe(200)
  /** The same every day. */
  const sayDaily = async (days: number, ...events: readonly (readonly [string, object])[]) => {
    for (let day = 0; day < days; day++) {
      for (const [event, context] of events) await say(event, context)
      nowMs += DAY_MS
    }
  }

  describe('are listed', () => {
    test('with their events, and those that have fallen silent', async () => {
      const till = { source: 'pos', channel: 'till_1' }
      await sayDaily(3, ['Order Completed', till], ['Order Completed', { source: 'web' }])
      await sayDaily(4, ['Product Viewed', { source: 'web' }])
      const { data } = await list('?days=6')
      expect(data).toEqual([
        {
          source: 'pos',
          channel: 'till_1',
          title: null,
          owner: null,
          expectedEvery: null,
          count: 1,
          events: [{ event: 'Order Completed', count: 1, lastSeenAt: '2026-11-03T09:00:00.000Z' }],
          lastSeenAt: '2026-11-03T09:00:00.000Z',
          usualGapDays: 1,
          silentAfter: 'P3D',
          silent: true,
          silentSince: '2026-11-03T09:00:00.000Z',
        },
        expect.objectContaining({
          source: 'web',
          channel: null,
          count: 5,
          events: [
            expect.objectContaining({ event: 'Product Viewed', count: 4 }),
            expect.objectContaining({ event: 'Order Completed', count: 1 }),
          ],
          silent: false,
          silentSince: null,
        }),
      ])
    })

    test('page by page', async () => {
      for (const channel of ['a', 'b']) await say('Store Visited', { source: 'store', channel })
      await say('Product Reviewed', {})
      const first = await list('?limit=1')
      const second = await list(`?limit=1&cursor=${first.nextCursor}`)
      const third = await list(`?limit=1&cursor=${second.nextCursor}`)
      expect([...first.data, ...second.data, ...third.data]).toMatchObject([
        { source: 'store', channel: 'a' },
        { source: 'store', channel: 'b' },
        { source: 'unknown', channel: null },
      ])
      expect(third.nextCursor).toBeNull()
    })
  })

  describe('are told of', () => {
    test('as a whole, or a channel by itself', async () => {
      for (const channel of ['till_1', 'till_2'])
        await say('Order Completed', { source: 'pos', channel })
      const whole = { title: 'Tills', owner: 'stores@shop', expectedEvery: 'P1D' }
      expect(await ask('PUT /v1/touchpoints/pos', whole)).toEqual({
        status: 200,
        body: { source: 'pos', channel: null, ...whole },
      })
      const one = { channel: 'till_2', owner: 'airport', expectedEvery: 'PT1H' }
      expect(await ask('PUT /v1/touchpoints/pos', one)).toMatchObject({
        body: { title: null, ...one },
      })
      nowMs += 2 * 3_600_000
      expect((await list()).data).toMatchObject([
        { channel: 'till_1', ...whole, silentAfter: 'P1D', silent: false },
        { channel: 'till_2', title: null, owner: 'airport', silentAfter: 'PT1H', silent: true },
      ])
      const { data } = (await ask('GET /v1/commands')).body as { data: object[] }
      expect(data[0]).toMatchObject({
        action: 'touchpoint.tell',
        target: 'touchpoint/pos/till_2',
        before: null,
        after: { title: null, owner: 'airport', expectedEvery: 'PT1H' },
      })
    })

    test('before they say anything, and are missed', async () => {
      await ask('PUT /v1/touchpoints/call_centre', { owner: 'support', expectedEvery: 'P1D' })
      nowMs += DAY_MS + 1
      const missed = { source: 'call_centre', owner: 'support', count: 0, events: [] }
      expect((await list()).data).toMatchObject([
        { ...missed, lastSeenAt: null, silent: true, silentSince: '2026-11-01T09:00:00.000Z' },
      ])
      await ask('PUT /v1/touchpoints/call_centre', {})
      expect((await list()).data).toEqual([])
    })

    test.each([
      ['PUT /v1/touchpoints/Tills', { owner: 'stores' }, '/path/source', 'small letter'],
      ['PUT /v1/touchpoints/tills', { channel: 'No 1' }, '/channel', 'small letter'],
      ['PUT /v1/touchpoints/tills', { expectedEvery: 'daily' }, '/expectedEvery', 'ISO 8601'],
    ])('with names and durations that are some: %s %j', async (call, said, path, message) => {
      expect(await ask(call, said)).toMatchObject({
        status: 400,
        body: { findings: [{ path, message: expect.stringContaining(message) as string }] },
      })
    })
  })
})

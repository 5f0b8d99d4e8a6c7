import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const NOW_MS = Date.parse('2026-03-02T12:00:00Z')
const HOUR_MS = 3_600_000

interface Shown {
  readonly id: string
  readonly type: string | null
  readonly priority?: {
    readonly points: number
    readonly parts: readonly { readonly name: string }[]
  }
}

describeOnEachDatabase('service cases over HTTP', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => NOW_MS })
  })
  beforeEach(async () => {
    for (const table of ['case_events', 'cases'] as const) await db().deleteFrom(table).execute()
    await ask('PUT /v1/case-rules', {
      types: {
        late: { title: 'Late delivery', severity: 2, answerWithin: 'P2D', codes: { app: ['L1'] } },
        broken: { title: 'Arrived broken', severity: 4, answerWithin: 'P1D' },
      },
    })
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as JsonObject }
  }
  const list = async (query = ''): Promise<Shown[]> =>
    (await ask(`GET /v1/cases${query}`)).body['data'] as unknown as Shown[]
  /** Something that a customer told us so many hours ago. */
  const say = async (userId: string, event: string, hoursAgo: number, properties: JsonObject) => {
    const timestamp = new Date(NOW_MS - hoursAgo * HOUR_MS).toISOString()
    const body = { userId, event, properties, timestamp, messageId: randomUUID() }
    const answer = await ask('POST /v1/track', { ...body, context: { source: 'app' } })
    expect(answer.status, JSON.stringify(answer.body)).toBe(200)
  }

  test('by priority, not first in, first out: who must not wait comes first, and it says why', async () => {
    const [first, loyal, late, angry] = ['f', 'l', 't', 'a'].map(
      (name) => `${name}-${randomUUID()}`,
    )
    for (const user of [first, loyal, late, angry]) await ask('POST /v1/identify', { userId: user })
    await ask('POST /v1/identify', {
      userId: loyal,
      traits: { loyalty_tier: 'gold', nps: 3, influencer: true },
    })
    await say(loyal ?? '', 'Order Completed', 500, { revenue: 1500 })
    await say(first ?? '', 'Case Opened', 40, { case_id: '1', code: 'L1' })
    await say(late ?? '', 'Case Opened', 30, { case_id: '2', code: 'broken' })
    await say(angry ?? '', 'Case Opened', 10, { case_id: '3', code: 'L1' })
    for (const hours of [8, 6, 4]) await say(angry ?? '', 'Case Contacted', hours, { case_id: '3' })
    await say(loyal ?? '', 'Case Opened', 1, { case_id: '4', code: 'L1' })

    const inOrder = await list('?sort=priority')
    const opened = (await list()).toReversed().map(({ id }) => id)
    expect(inOrder.map(({ id }) => opened.indexOf(id) + 1)).toEqual([2, 4, 1, 3])
    expect(inOrder[1]?.priority?.parts).toEqual([
      { name: 'severity', points: 16, because: 'severity 2' },
      { name: 'due', points: 0, because: 'due in 47 h' },
      { name: 'loyalty', points: 10, because: 'gold' },
      { name: 'value', points: 7.5, because: 'has bought for 1500' },
      { name: 'nps', points: 7, because: 'NPS 3' },
      { name: 'influence', points: 15, because: 'influencer' },
      { name: 'contacts', points: 0, because: 'no further contact' },
    ])
    for (const { priority } of inOrder) expect(priority?.points).toBeGreaterThan(0)

    // Another published formula, another order.
    await ask('PUT /v1/case-rules', {
      types: { late: { title: 'Late', severity: 2, codes: { app: ['L1'] } } },
      priority: { contacts: { weight: 500, max: 3 } },
    })
    const [most] = await list('?sort=priority')
    expect(opened.indexOf(most?.id ?? '') + 1).toBe(3)
  })

  test('one shows what was said about it; what is answered has no priority', async () => {
    const user = randomUUID()
    await say(user, 'Case Opened', 5, { case_id: '1', code: 'L1' })
    const [open] = await list()
    expect((await ask(`GET /v1/cases/${open?.id}`)).body).toMatchObject({
      status: 'open',
      title: 'Late delivery',
      promisedAt: '2026-03-04T07:00:00.000Z',
      priority: { parts: expect.any(Array) as unknown },
      events: [{ action: 'opened', ref: '1', code: 'L1', source: 'app' }],
    })
    await say(user, 'Case Resolved', 1, { case_id: '1', level: 'full' })
    const { body } = await ask(`GET /v1/cases/${open?.id}`)
    expect(body).toMatchObject({ status: 'resolved', level: 'full', events: [{}, {}] })
    expect(body).not.toHaveProperty('priority')
    expect(await list('?sort=priority')).toEqual([])
    expect(await list('?status=resolved&type=late')).toHaveLength(1)
    expect(await list('?status=open')).toEqual([])
    expect((await ask('GET /v1/cases/none')).status).toBe(404)
  })

  test('a customer’s are listed for the app, page by page, and move with a merge', async () => {
    const [user, visitor] = [randomUUID(), randomUUID()]
    for (const hours of [9, 5, 2]) await say(user, 'Case Opened', hours, { case_id: `${hours}` })
    const { body } = await ask(`GET /v1/customers/${user}/cases?limit=2`)
    expect(body['data']).toMatchObject([
      { openedAt: '2026-03-02T10:00:00.000Z' },
      { openedAt: '2026-03-02T07:00:00.000Z' },
    ])
    const rest = await ask(
      `GET /v1/customers/${user}/cases?limit=2&cursor=${body['nextCursor'] as string}`,
    )
    expect(rest.body).toMatchObject({
      data: [{ openedAt: '2026-03-02T03:00:00.000Z' }],
      nextCursor: null,
    })
    expect((await ask(`GET /v1/customers/${visitor}/cases`)).status).toBe(404)
  })

  test('codes that no type names are listed, until one does', async () => {
    const user = randomUUID()
    await say(user, 'Case Opened', 5, { case_id: '1', code: 'Z1' })
    await say(user, 'Case Opened', 4, { case_id: '2', code: 'Z1' })
    await say(user, 'Case Opened', 3, { case_id: '3', code: 'L1' })
    expect((await ask('GET /v1/cases/unmapped')).body['data']).toMatchObject([
      { source: 'app', code: 'Z1', count: 2 },
    ])
    await ask('PUT /v1/case-rules', {
      types: { odd: { title: 'Odd', codes: { '*': ['Z1', 'L1'] } } },
    })
    expect((await ask('GET /v1/cases/unmapped')).body['data']).toEqual([])
  })

  test('doubts are listed', async () => {
    const user = randomUUID()
    for (const ref of ['1', '2']) await say(user, 'Case Opened', 5, { case_id: ref, order_id: 'o' })
    await say(user, 'Case Opened', 1, { order_id: 'o' })
    const doubtful = await list('?doubtful=true')
    expect(doubtful).toMatchObject([{ doubts: [expect.any(String), expect.any(String)] }])
  })
})

import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createBeginEntry, createEnterSome } from '../activities/entry-rounds.ts'
import type { EntryRun } from '../db/entry-runs.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'

const NOW_MS = Date.parse('2026-02-04T12:00:00Z')

describeOnEachDatabase('entries of audiences', (db) => {
  let api: TestApi
  const toldOf: string[] = []
  beforeAll(async () => {
    api = await createTestApi(db(), {
      now: () => NOW_MS,
      onEntry: (entryId) => toldOf.push(entryId),
    })
  })
  beforeEach(async () => {
    for (const table of [
      'events',
      'customers',
      'entry_runs',
      'journey_versions',
      'journeys',
      'audience_versions',
      'audiences',
    ] as const)
      await db().deleteFrom(table).execute()
    toldOf.length = 0
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const add = async (
    customerId: string,
    { plan = 'gold', isTest = false }: { plan?: string | number; isTest?: boolean } = {},
  ) => {
    await db()
      .insertInto('customers')
      .values({
        customer_id: customerId,
        created_at: new Date(NOW_MS),
        test: isTest,
        traits: JSON.stringify({ plan }),
      })
      .execute()
  }
  const sale = (more: object = {}) =>
    journey('sale', { entry: { on: [], audience: { key: 'gold', perSecond: 2, ...more } } })
  const publish = async (definition: object = sale()) => {
    expect(await ask('POST /v1/journeys/sale/versions', definition)).toMatchObject({ status: 201 })
  }
  const publishAudience = (when = "customer.traits.plan == 'gold'") =>
    ask('PUT /v1/audiences/gold', { key: 'gold', when })
  const begin = async (): Promise<string> => {
    const { status, body } = await ask('POST /v1/journeys/sale/entries')
    expect({ status, body }).toMatchObject({ status: 201 })
    return String(body['id'])
  }
  const round = (entryId: string) => createEnterSome({ db: db(), now: () => NOW_MS })({ entryId })
  const toTheEnd = async (entryId: string) => {
    while (!(await round(entryId)).isOver);
  }
  const told = async () =>
    (
      await db()
        .selectFrom('events')
        .select('customer_id')
        .where('name', '=', 'Audience Reached')
        .orderBy('seq')
        .execute()
    ).map((row) => row.customer_id)
  const shown = async () =>
    (await ask('GET /v1/journeys/sale/entries')).body['data'] as (Partial<EntryRun> & {
      id: string
    })[]

  test('let everybody who belongs in at the set rate, and nobody else', async () => {
    for (const id of ['c1', 'c3', 'c4', 'c6', 'c7']) await add(id)
    await add('c2', { plan: 'blue' })
    await add('c5', { plan: 7 })
    await add('t1', { isTest: true })
    await publishAudience()
    await publish()
    const entryId = await begin()
    expect(toldOf).toEqual([entryId])

    expect(await round(entryId)).toEqual({ isOver: false, nextInMs: 1_000 })
    expect(await told()).toEqual(['c1', 'c3'])
    expect(await shown()).toMatchObject([
      { status: 'running', perSecond: 2, looked: 3, matching: 2, entered: 2 },
    ])
    await round(entryId)
    expect(await round(entryId)).toEqual({ isOver: true, nextInMs: 0 })
    expect(await told()).toEqual(['c1', 'c3', 'c4', 'c6', 'c7'])
    expect(await shown()).toMatchObject([
      { status: 'done', looked: 7, matching: 5, entered: 5, journey: 'sale', audience: 'gold' },
    ])
    expect(
      await db().selectFrom('events').select(['message_id', 'status', 'properties']).execute(),
    ).toContainEqual({
      message_id: `entry:sale:${entryId}:c1`,
      status: 'pending',
      properties: { journey: 'sale', audience: 'gold', run: entryId },
    })
    expect(await round(entryId)).toEqual({ isOver: true, nextInMs: 0 })
    expect(await told()).toHaveLength(5)
  })

  test('pause, resume at another rate, and tell nobody twice where the place is lost', async () => {
    for (let n = 10; n < 20; n++) await add(`c${n}`)
    await publishAudience()
    await publish()
    const entryId = await begin()
    await round(entryId)
    const at = `/v1/journeys/sale/entries/${entryId}`
    expect(await ask(`POST ${at}/pause`)).toMatchObject({ body: { status: 'paused', entered: 2 } })
    expect(await round(entryId)).toEqual({ isOver: true, nextInMs: 0 })
    expect(await told()).toHaveLength(2)
    expect(await ask(`POST ${at}/pause`)).toMatchObject({ status: 409 })
    expect(await ask('POST /v1/journeys/sale/entries')).toMatchObject({ status: 409 })

    expect(await ask(`POST ${at}/resume`, { perSecond: 5 })).toMatchObject({
      body: { status: 'running', perSecond: 5 },
    })
    expect(toldOf).toEqual([entryId, entryId])
    // As after a crash that lost the place.
    await db().updateTable('entry_runs').set({ after: '' }).execute()
    await toTheEnd(entryId)
    expect(await told()).toEqual(Array.from({ length: 10 }, (_, n) => `c${n + 10}`))
    expect(await shown()).toMatchObject([{ status: 'done', entered: 10 }])
  })

  test('tell nobody twice of whom two turn out to be one', async () => {
    for (const id of ['c1', 'c2', 'c3']) await add(id)
    await publishAudience()
    await publish()
    const entryId = await begin()
    await round(entryId)
    await db()
      .updateTable('customers')
      .set({ merged_into: 'c3' })
      .where('customer_id', '=', 'c1')
      .execute()
    await toTheEnd(entryId)
    expect(await told()).toEqual(['c1', 'c2'])
  })

  test('rounds at the same time share the customers', async () => {
    for (let n = 10; n < 20; n++) await add(`c${n}`)
    await publishAudience()
    await publish()
    const entryId = await begin()
    await Promise.all([round(entryId), round(entryId), round(entryId)])
    expect(await told()).toHaveLength(6)
    expect(new Set(await told()).size).toBe(6)
  })

  test('go on under a version that only says other things, and end where the audience is another', async () => {
    for (const id of ['c1', 'c2', 'c3', 'c4', 'c5', 'c6', 'c7']) await add(id)
    await publishAudience()
    await publish()
    const entryId = await begin()
    await round(entryId)
    await publish(sale({ perSecond: 50 }))
    expect(await round(entryId)).toMatchObject({ isOver: false })
    expect(await told()).toHaveLength(4)

    await publishAudience('true')
    expect(await round(entryId)).toMatchObject({ isOver: false })
    await publish(sale({ perSecond: 51 }))
    expect(await round(entryId)).toEqual({ isOver: true, nextInMs: 0 })
    expect(await told()).toHaveLength(6)
    expect(await shown()).toMatchObject([{ status: 'superseded' }])
  })

  test('begin once for each firing, one at a time, and only where an audience enters', async () => {
    const fire = (workflowId: string) =>
      createBeginEntry({ db: db(), now: () => NOW_MS })({ journey: 'sale', workflowId })
    expect(await ask('POST /v1/journeys/sale/entries')).toMatchObject({ status: 404 })
    expect(await ask('GET /v1/journeys/sale/entries')).toMatchObject({ status: 404 })
    expect(await fire('w1')).toBeNull()
    await publish(journey('sale'))
    expect(await ask('POST /v1/journeys/sale/entries')).toMatchObject({ status: 409 })
    expect(await fire('w1')).toBeNull()
    await publishAudience()
    await publish()
    const first = await fire('w1')
    expect(first).not.toBeNull()
    expect(await fire('w1')).toEqual(first)
    expect(await fire('w2')).toBeNull()
    await toTheEnd(first?.entryId ?? '')
    expect(await fire('w2')).not.toBeNull()
    expect(await shown()).toHaveLength(2)
    const { body } = await ask('GET /v1/journeys/sale/entries?limit=1')
    const cursor = encodeURIComponent(String(body['nextCursor']))
    const rest = await ask(`GET /v1/journeys/sale/entries?limit=1&cursor=${cursor}`)
    expect(rest.body['data']).toHaveLength(1)
    const unknown = '/v1/journeys/sale/entries/nobody'
    expect(await ask(`POST ${unknown}/pause`)).toMatchObject({ status: 404 })
  })
})

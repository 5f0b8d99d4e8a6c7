import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createRollOutSome } from '../activities/rollout-rounds.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const NOW_MS = Date.parse('2026-02-04T12:00:00Z')
const DAY_MS = 86_400_000

describeOnEachDatabase('the lifecycle over HTTP', (db) => {
  let api: TestApi
  const toldOf: number[] = []
  beforeAll(async () => {
    api = await createTestApi(db(), {
      now: () => NOW_MS,
      onRollout: (version) => toldOf.push(version),
    })
  })
  beforeEach(async () => {
    for (const table of [
      'timeline_entries',
      'events',
      'identities',
      'customers',
      'lifecycle_rollouts',
      'rule_documents',
    ] as const)
      await db().deleteFrom(table).execute()
    toldOf.length = 0
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  /** A customer who bought so many days ago, for so much. */
  const add = async (
    customerId: string,
    bought: readonly number[],
    { test: isTest = false, revenue = 20 } = {},
  ) => {
    const created = new Date(NOW_MS - 900 * DAY_MS)
    await db()
      .insertInto('customers')
      .values({
        customer_id: customerId,
        created_at: created,
        known: true,
        test: isTest,
        clock_offset_ms: 0,
        last_batch: 1,
        lifecycle_state: 'occasional',
      })
      .execute()
    for (const [index, days] of bought.entries()) {
      const at = new Date(NOW_MS - days * DAY_MS)
      await db()
        .insertInto('events')
        .values({
          message_id: `${customerId}-${index}`,
          customer_id: customerId,
          type: 'track',
          name: 'Order Completed',
          properties: JSON.stringify({ revenue }),
          occurred_at: at,
          received_at: at,
          status: 'batched',
          batch: 1,
        })
        .execute()
    }
  }
  const change = async (
    customerId: string,
    turn: number,
    at: string,
    from: string | null,
    to: string,
  ) =>
    db()
      .insertInto('timeline_entries')
      .values({
        customer_id: customerId,
        turn,
        ordinal: 0,
        at: new Date(at),
        kind: 'lifecycle',
        summary: `${from === null ? '' : `${from} → `}${to}: because`,
        data: JSON.stringify({ from, to }),
      })
      .execute()

  test('a preview says who would move from where to where, and publishes nothing', async () => {
    await add('c1', [40])
    await add('c2', [40])
    await add('c3', [2])
    await add('c4', [300])
    await add('t1', [40], { test: true })
    const { status, body } = await ask('POST /v1/lifecycle/preview', {
      document: { waitingAfter: 'P60D' },
    })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        customers: 4,
        sample: 1,
        moved: 2,
        matrix: [
          { from: 'waiting', to: 'occasional', customers: 2 },
          { from: 'lost', to: 'lost', customers: 1 },
          { from: 'occasional', to: 'occasional', customers: 1 },
        ],
      },
    })
    expect(await ask('GET /v1/lifecycle')).toMatchObject({ body: { version: 0 } })
    const faulty = await ask('POST /v1/lifecycle/preview', { document: { waitingAfter: 'P90D' } })
    expect(faulty).toMatchObject({ status: 422, body: { findings: [{ path: '/waitingAfter' }] } })
  })

  test('a preview adds worth and counts as the actor would', async () => {
    await add('rich', [1, 2, 3, 4, 5], { revenue: 100 })
    await add('thrifty', [1, 2, 3, 4, 5], { revenue: 20 })
    const { body } = await ask('POST /v1/lifecycle/preview', { document: { hero: { value: 100 } } })
    expect(body).toMatchObject({
      moved: 1,
      matrix: [
        { from: 'hero', to: 'hero', customers: 1 },
        { from: 'repeater', to: 'hero', customers: 1 },
      ],
    })
  })

  test('a customer is shown with what all purchases so far are worth', async () => {
    await add('c1', [40, 3], { revenue: 19.99 })
    expect((await ask('GET /v1/customers/c1')).body['value']).toEqual({
      amount: 39.98,
      currency: null,
    })
    await ask('PUT /v1/lifecycle', { currency: 'EUR' })
    expect((await ask('GET /v1/customers/c1')).body['value']).toMatchObject({ currency: 'EUR' })
  })

  test('a publication begins a rollout, in the place of the one before', async () => {
    const first = await ask('PUT /v1/lifecycle', { waitingAfter: 'P20D' })
    expect(first).toMatchObject({ status: 201, body: { version: 1 } })
    await ask('PUT /v1/lifecycle', { waitingAfter: 'P40D', rollout: { canary: 0.2, perSecond: 7 } })
    expect(toldOf).toEqual([1, 2])
    expect((await ask('GET /v1/lifecycle/rollouts')).body['data']).toMatchObject([
      { version: 2, status: 'running', canary: 0.2, perSecond: 7 },
      { version: 1, status: 'superseded', canary: 1, perSecond: 50 },
    ])
    // The same once more is no publication.
    const again = { waitingAfter: 'P40D', rollout: { canary: 0.2, perSecond: 7 } }
    expect(await ask('PUT /v1/lifecycle', again)).toMatchObject({ status: 200 })
    expect(toldOf).toEqual([1, 2])
  })

  test('a rollout tells everybody once, whatever is repeated, and nobody while it is paused', async () => {
    for (const id of ['c1', 'c2', 'c3', 'c4', 'c5']) await add(id, [3])
    await add('t1', [3], { test: true })
    await ask('PUT /v1/lifecycle', { rollout: { perSecond: 2 } })
    const round = createRollOutSome({ db: db(), now: () => NOW_MS })
    const told = async () =>
      db()
        .selectFrom('events')
        .select(['customer_id', 'status'])
        .where('type', '=', 'rules')
        .orderBy('seq')
        .execute()

    expect(await round({ version: 1 })).toEqual({ isOver: false, nextInMs: 1_000 })
    expect(await told()).toEqual([
      { customer_id: 'c1', status: 'pending' },
      { customer_id: 'c2', status: 'pending' },
    ])
    expect(await ask('POST /v1/lifecycle/rollouts/1/pause')).toMatchObject({
      body: { status: 'paused', told: 2 },
    })
    expect(await round({ version: 1 })).toEqual({ isOver: true, nextInMs: 0 })
    expect(await told()).toHaveLength(2)
    expect(await ask('POST /v1/lifecycle/rollouts/1/pause')).toMatchObject({ status: 409 })

    await ask('POST /v1/lifecycle/rollouts/1/resume', { perSecond: 3 })
    // As after a crash that lost the place.
    await db().updateTable('lifecycle_rollouts').set({ after: '' }).execute()
    while (!(await round({ version: 1 })).isOver);
    expect((await told()).map((row) => row.customer_id)).toEqual([
      'c1',
      'c2',
      'c3',
      'c4',
      'c5',
      't1',
    ])
    expect(await ask('GET /v1/lifecycle/rollouts/1')).toMatchObject({
      body: { status: 'done', people: { all: 5, told: 5, waiting: 5, moved: 0 } },
    })
  })

  test('a canary share goes first, waits for a word, and cannot shrink', async () => {
    const ids = Array.from({ length: 20 }, (_, index) => `c${index}`)
    for (const id of ids) await add(id, [3])
    await ask('PUT /v1/lifecycle', { rollout: { canary: 0.3 } })
    const round = createRollOutSome({ db: db(), now: () => NOW_MS })
    await round({ version: 1 })
    const paused = await ask('GET /v1/lifecycle/rollouts/1')
    expect(paused.body).toMatchObject({ status: 'paused' })
    expect(paused.body['told']).toBeGreaterThan(0)
    expect(paused.body['told']).toBeLessThan(20)
    const resume = 'POST /v1/lifecycle/rollouts/1/resume'
    expect(await ask(resume, { canary: 0.1 })).toMatchObject({ status: 409 })
    expect(await ask(resume, { canary: 1 })).toMatchObject({ status: 200 })
    await round({ version: 1 })
    expect(await ask('GET /v1/lifecycle/rollouts/1')).toMatchObject({
      body: { status: 'done', people: { all: 20, told: 20 } },
    })
  })

  test('the report adds flows up by ISO week, and stock at its end, without test customers', async () => {
    for (const id of ['c1', 'c2']) await add(id, [3])
    await add('t1', [3], { test: true })
    // A first state is nobody's flow, whatever the actor took for the state before.
    await change('c1', 1, '2026-01-05T00:00:00Z', 'ghost', 'occasional')
    await change('c2', 1, '2026-01-11T23:59:59Z', null, 'new')
    await change('t1', 1, '2026-01-06T00:00:00Z', null, 'new')
    await change('c1', 2, '2026-01-19T00:00:00Z', 'occasional', 'waiting')
    const { body } = await ask(
      'GET /v1/reports/lifecycle?from=2026-01-12T00:00:00Z&to=2026-01-26T00:00:00Z',
    )
    expect(body).toMatchObject({
      weeks: [
        { from: '2026-01-12T00:00:00.000Z', flows: [], stock: { occasional: 1, new: 1, ghost: 0 } },
        {
          from: '2026-01-19T00:00:00.000Z',
          flows: [{ from: 'occasional', to: 'waiting', customers: 1 }],
          stock: { occasional: 0, new: 1, waiting: 1 },
        },
      ],
    })
    const all = await ask(
      'GET /v1/reports/lifecycle?from=2026-01-05T00:00:00Z&to=2026-01-12T00:00:00Z',
    )
    expect(all.body).toMatchObject({
      weeks: [
        {
          flows: [
            { from: null, to: 'new', customers: 1 },
            { from: null, to: 'occasional', customers: 1 },
          ],
        },
      ],
    })
    expect(
      await ask('GET /v1/reports/lifecycle?from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z'),
    ).toMatchObject({ status: 422 })
  })

  test('the history of a customer lists stays page by page, the present one first', async () => {
    await add('c1', [3])
    await change('c1', 1, '2026-01-05T00:00:00Z', null, 'new')
    await change('c1', 2, '2026-01-07T00:00:00Z', 'new', 'occasional')
    await change('c1', 3, '2026-02-01T00:00:00Z', 'occasional', 'waiting')
    const first = await ask('GET /v1/customers/c1/lifecycle?limit=2')
    expect(first.body['data']).toEqual([
      {
        state: 'waiting',
        since: '2026-02-01T00:00:00.000Z',
        until: null,
        reason: 'because',
        rules: null,
      },
      {
        state: 'occasional',
        since: '2026-01-07T00:00:00.000Z',
        until: '2026-02-01T00:00:00.000Z',
        reason: 'because',
        rules: null,
      },
    ])
    const cursor = encodeURIComponent(String(first.body['nextCursor']))
    const rest = await ask(`GET /v1/customers/c1/lifecycle?limit=2&cursor=${cursor}`)
    expect(rest.body['data']).toMatchObject([{ state: 'new', until: '2026-01-07T00:00:00.000Z' }])
  })
})

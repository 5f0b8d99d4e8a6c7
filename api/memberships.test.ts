import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createWatchSome } from '../activities/watch-rounds.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'

const START_MS = Date.parse('2026-02-04T12:00:00Z')

describeOnEachDatabase('memberships of watched audiences', (db) => {
  let api: TestApi
  let nowMs = START_MS
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => nowMs })
  })
  beforeEach(async () => {
    for (const table of [
      'events',
      'customers',
      'audience_memberships',
      'audience_watches',
      'journey_versions',
      'journeys',
      'audience_versions',
      'audiences',
    ] as const)
      await db().deleteFrom(table).execute()
    nowMs = START_MS
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const add = (customerId: string, plan: string | number, more: object = {}) =>
    db()
      .insertInto('customers')
      .values({
        customer_id: customerId,
        created_at: new Date(nowMs),
        traits: JSON.stringify({ plan }),
        ...more,
      })
      .execute()
  const move = (customerId: string, plan: string) =>
    db()
      .updateTable('customers')
      .set({ traits: JSON.stringify({ plan }) })
      .where('customer_id', '=', customerId)
      .execute()
  const publish = (when = "customer.traits.plan == 'gold'", watch: object = { watch: 'PT1H' }) =>
    ask('PUT /v1/audiences/gold', { key: 'gold', when, ...watch })
  const round = () =>
    createWatchSome({ db: db(), now: () => nowMs, pageCustomers: 2 })({ audience: 'gold' })
  const look = async () => {
    nowMs += 3_600_000
    while (!(await round()).isOver);
  }
  const told = async () =>
    (
      await db()
        .selectFrom('events')
        .select(['customer_id', 'name', 'status', 'properties'])
        .where('name', 'like', 'Audience %')
        .orderBy('seq')
        .execute()
    ).map((row) => `${row.customer_id} ${row.name} ${row.status}`)
  const watched = async () => (await ask('GET /v1/audiences/gold')).body['watched']

  test('the first look tells nobody; then each who comes or goes is told once', async () => {
    for (const id of ['a', 'b', 'c', 'd', 'e']) await add(id, id < 'd' ? 'gold' : 'tin')
    expect((await publish()).status).toBe(201)
    await look()
    expect(await told()).toEqual([])
    expect(await watched()).toMatchObject({ members: 3, looked: 5, joined: 3, left: 0 })
    await move('a', 'tin')
    await move('e', 'gold')
    await look()
    await look()
    expect(await told()).toEqual(['a Audience Left filtered', 'e Audience Joined filtered'])
    expect(await watched()).toMatchObject({ members: 3, looked: 5, joined: 0, left: 0 })
    expect((await ask('GET /v1/customers/e/audiences')).body).toMatchObject({
      data: [{ audience: 'gold', since: '2026-02-04T14:00:00.000Z' }],
    })
    expect((await ask('GET /v1/customers/a/audiences')).body).toEqual({ data: [] })
  })

  test('an event that a journey listens to goes to the actor, with the audience and its version', async () => {
    await add('a', 'tin')
    await publish()
    await look()
    const definition = journey('hello-gold', {
      entry: {
        on: [{ event: 'Audience Joined', when: "event.properties.audience == 'gold'" }],
      },
    })
    expect(await ask('POST /v1/journeys/hello-gold/versions', definition)).toMatchObject({
      status: 201,
    })
    await move('a', 'gold')
    await look()
    expect(await told()).toEqual(['a Audience Joined pending'])
    const [row] = await db().selectFrom('events').select('properties').execute()
    expect(row?.properties).toEqual({ audience: 'gold', version: 1 })
  })

  test('another condition tells nobody, and one that is watched no more has no members', async () => {
    await add('a', 'gold')
    await add('b', 'tin')
    await publish()
    await look()
    expect((await publish("customer.traits.plan == 'tin'")).status).toBe(201)
    await look()
    expect(await told()).toEqual([])
    expect((await ask('GET /v1/customers/b/audiences')).body).toMatchObject({
      data: [{ audience: 'gold' }],
    })
    expect((await publish("customer.traits.plan == 'tin'", {})).status).toBe(201)
    expect(await watched()).toBeUndefined()
    expect(await round()).toMatchObject({ isOver: true })
    expect((await ask('GET /v1/customers/b/audiences')).body).toEqual({ data: [] })
  })

  test('a look that died in the middle is gone on with, and a condition that changes meanwhile begins it anew', async () => {
    for (const id of ['a', 'b', 'c']) await add(id, 'gold')
    await publish()
    expect(await round()).toMatchObject({ isOver: false })
    expect(await watched()).toMatchObject({ members: 2, lookedAt: null })
    await look()
    expect(await watched()).toMatchObject({ members: 3, looked: 3 })
    await move('a', 'tin')
    await round()
    expect(await told()).toEqual(['a Audience Left filtered'])
    await publish("customer.traits.plan != 'gold'")
    await look()
    expect(await told()).toEqual(['a Audience Left filtered'])
    expect(await watched()).toMatchObject({ members: 1, looked: 3 })
  })

  test('a formula that is published anew tells nobody of whom it moves, and one that it does not reach changes nothing', async () => {
    const facts = (least: string, other = '1') => ({
      facts: {
        golden: { formula: `customer.traits.plan in ${least}`, source: 'Plans' },
        other: { formula: other, source: 'Nothing' },
      },
    })
    for (const id of ['a', 'b', 'c']) await add(id, id === 'a' ? 'gold' : 'tin')
    expect((await ask('PUT /v1/fact-rules', facts("['gold']"))).status).toBe(201)
    await publish("fact('golden')")
    await look()
    expect((await ask('PUT /v1/fact-rules', facts("['gold', 'tin']"))).status).toBe(201)
    await look()
    expect(await told()).toEqual([])
    expect(await watched()).toMatchObject({ members: 3, joined: 2, silent: true })

    expect((await ask('PUT /v1/fact-rules', facts("['gold', 'tin']", '2'))).status).toBe(201)
    await move('c', 'none')
    await look()
    expect(await told()).toEqual(['c Audience Left filtered'])
    expect(await watched()).toMatchObject({ members: 2, left: 1, silent: false })
  })

  test('thresholds that are published anew tell nobody at the first look; while they are rolled out, customers do', async () => {
    const view = (customerId: string, daysAgo: number) =>
      db()
        .insertInto('events')
        .values({
          message_id: `${customerId}-${daysAgo}`,
          customer_id: customerId,
          type: 'track',
          name: 'Product Viewed',
          occurred_at: new Date(nowMs - daysAgo * 86_400_000),
          received_at: new Date(nowMs),
          status: 'filtered',
        })
        .execute()
    for (const id of ['a', 'b', 'c']) {
      await add(id, 'gold', { known: true })
      await view(id, 40)
    }
    const rules = (waitingAfter: string) => ({ waitingAfter, rollout: { canary: 0.5 } })
    expect((await ask('PUT /v1/lifecycle', rules('P50D'))).status).toBe(201)
    await publish("customer.lifecycle == 'waiting'")
    await look()
    expect(await watched()).toMatchObject({ members: 0 })
    const { body } = await ask('PUT /v1/lifecycle', rules('P30D'))
    await look()
    expect(await told()).toEqual([])
    expect(await watched()).toMatchObject({ members: 3, joined: 3, silent: true })

    expect((await ask(`GET /v1/lifecycle/rollouts/${String(body['version'])}`)).body).toMatchObject(
      {
        status: 'running',
      },
    )
    await view('b', 0)
    await look()
    expect(await told()).toEqual(['b Audience Left filtered'])
  })

  test('rules that come back in the middle of a look tell nobody of those whom others had moved', async () => {
    for (const id of ['a', 'b', 'c']) await add(id, 'gold')
    await publish()
    await look()
    await publish("customer.traits.plan == 'tin'")
    expect(await round()).toMatchObject({ isOver: false })
    expect(await watched()).toMatchObject({ members: 1 })
    await publish()
    await look()
    expect(await told()).toEqual([])
    expect(await watched()).toMatchObject({ members: 3, silent: true })
    await move('a', 'tin')
    await look()
    expect(await told()).toEqual(['a Audience Left filtered'])
  })

  test('where it is not known by what a look judged, the next tells nobody', async () => {
    for (const id of ['a', 'b', 'c']) await add(id, 'gold')
    await publish()
    await look()
    await db().updateTable('audience_watches').set({ judged_by: null, looks_by: null }).execute()
    await move('a', 'tin')
    await look()
    expect(await told()).toEqual([])
    await move('b', 'tin')
    await look()
    expect(await told()).toEqual(['b Audience Left filtered'])
  })

  test('whoever was merged, is a test customer, or has data that the condition fails on belongs to none', async () => {
    await publish('customer.traits.plan > 3.0')
    await look()
    await add('a', 4)
    await add('b', 4, { test: true })
    await add('c', 4, { merged_into: 'a' })
    await add('d', 'gold')
    await look()
    expect((await told()).map((line) => line.slice(0, 17))).toEqual(['a Audience Joined'])
    expect(await watched()).toMatchObject({ members: 1, looked: 2, failed: 1 })
  })

  test('nobody else may send these events, and no step may make them', async () => {
    const sent = await ask('POST /v1/track', { userId: 'u', event: 'Audience Joined' })
    expect(sent.status).toBe(422)
    const { body } = await ask('POST /v1/journeys/check', {
      ...journey('loop', {}),
      start: 'make',
      steps: {
        make: { type: 'emit', event: 'Audience Left', next: 'end' },
        end: { type: 'exit' },
      },
    })
    expect(body['findings']).toMatchObject(
      expect.arrayContaining([expect.objectContaining({ code: 'reserved_event' })]),
    )
  })

  test('a time that is none of those on offer is named', async () => {
    const { status, body } = await publish('true', { watch: 'PT1S' })
    expect([status, body['findings']]).toMatchObject([422, [{ path: '/watch' }]])
  })
})

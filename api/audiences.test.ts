import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'
import type { JsonObject } from '../domain/json.ts'

const NOW_MS = Date.parse('2026-02-04T12:00:00Z')
const DAY_MS = 86_400_000
const SOFA = {
  key: 'delayed-sofa',
  title: 'Waits for the sofa',
  when: "did('Order Completed', 'products.product_id', 'P-17', 'P90D')",
}

describeOnEachDatabase('audiences over HTTP', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => NOW_MS })
  })
  beforeEach(async () => {
    for (const table of [
      'events',
      'consents',
      'runs',
      'blocked_addresses',
      'customers',
      'audience_versions',
      'audiences',
    ] as const)
      await db().deleteFrom(table).execute()
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const customer = async (
    customerId: string,
    { traits = {}, isTest = false, into = null as string | null, zone = 'UTC' } = {},
  ) => {
    await db()
      .insertInto('customers')
      .values({
        customer_id: customerId,
        created_at: new Date(NOW_MS - 900 * DAY_MS),
        known: true,
        test: isTest,
        merged_into: into,
        zone,
        traits: JSON.stringify(traits),
      })
      .execute()
  }
  let number = 0
  const did = async (
    customerId: string,
    name: string,
    {
      properties = {},
      daysAgo = 1,
      filtered = false,
    }: { properties?: JsonObject; daysAgo?: number; filtered?: boolean } = {},
  ) => {
    const at = new Date(NOW_MS - daysAgo * DAY_MS)
    await db()
      .insertInto('events')
      .values({
        message_id: `m${++number}`,
        customer_id: customerId,
        type: 'track',
        name,
        properties: JSON.stringify(properties),
        occurred_at: at,
        received_at: at,
        status: filtered ? 'filtered' : 'pending',
      })
      .execute()
  }
  const count = async (when: string): Promise<unknown> => {
    const { status, body } = await ask('POST /v1/audiences/count', { document: { key: 'a', when } })
    expect({ status, body }).toMatchObject({ status: 200 })
    return body['matching']
  }

  test('is published in versions that do not change, and found again', async () => {
    const first = await ask('PUT /v1/audiences/delayed-sofa?note=for+March', SOFA)
    expect(first).toMatchObject({
      status: 201,
      body: { version: 1, note: 'for March', document: SOFA },
    })
    expect(await ask('PUT /v1/audiences/delayed-sofa', SOFA)).toMatchObject({ status: 200 })
    const renamed = await ask('PUT /v1/audiences/delayed-sofa', { ...SOFA, title: 'Sofa' })
    expect(renamed).toMatchObject({ status: 200, body: { version: 1, title: 'Sofa' } })
    const other = { ...SOFA, when: "has('email')" }
    expect(await ask('PUT /v1/audiences/delayed-sofa?base=1', other)).toMatchObject({
      status: 201,
      body: { version: 2, title: 'Waits for the sofa' },
    })
    expect(await ask('PUT /v1/audiences/delayed-sofa?base=1', SOFA)).toMatchObject({
      status: 409,
      body: { version: 2 },
    })
    await ask('PUT /v1/audiences/all', { key: 'all', when: 'true' })
    expect((await ask('GET /v1/audiences')).body['data']).toMatchObject([
      { key: 'all', version: 1, title: 'all' },
      { key: 'delayed-sofa', version: 2, document: other },
    ])
    expect((await ask('GET /v1/audiences/delayed-sofa')).body).toMatchObject({ version: 2 })
    const { body } = await ask('GET /v1/audiences/delayed-sofa/versions?limit=1')
    expect(body['data']).toMatchObject([{ version: 2 }])
    const cursor = encodeURIComponent(String(body['nextCursor']))
    const rest = await ask(`GET /v1/audiences/delayed-sofa/versions?cursor=${cursor}`)
    expect(rest.body['data']).toMatchObject([{ version: 1, hash: first.body['hash'] }])
  })

  test('says all that is wrong with one, and stores nothing', async () => {
    const faulty = { key: 'delayed-sofa', when: 'event.properties.a == 1', colour: 'red' }
    const findings = [{ code: 'unknown_field' }, { code: 'cel_unknown_name', path: '/when' }]
    expect(await ask('POST /v1/audiences/check', faulty)).toMatchObject({
      status: 200,
      body: { ok: false, findings },
    })
    expect(await ask('PUT /v1/audiences/delayed-sofa', faulty)).toMatchObject({
      status: 422,
      body: { findings },
    })
    expect(await ask('PUT /v1/audiences/other', SOFA)).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'key_mismatch' }] },
    })
    expect(await ask('POST /v1/audiences/check', SOFA)).toMatchObject({ body: { ok: true } })
    expect((await ask('GET /v1/audiences')).body['data']).toEqual([])
    expect(await ask('POST /v1/audiences/count', {})).toMatchObject({ status: 422 })
    expect(await ask('POST /v1/audiences/count', { key: 'nobody' })).toMatchObject({ status: 404 })
  })

  test('is counted over all that is stored, with whom each channel leads to', async () => {
    const bought = (...ids: string[]) => ({
      properties: { products: ids.map((id) => ({ product_id: id })) },
      filtered: true,
    })
    await customer('c1', { traits: { email: 'ana@shop.example' } })
    await did('c1', 'Order Completed', bought('P-1', 'P-17'))
    await customer('c2', { traits: { email: 'ben@shop.example' } })
    await did('c2', 'Order Completed', bought('P-1'))
    await customer('c3', { traits: { email: 'Cai@shop.example' } })
    await did('c3', 'Order Completed', bought('P-17'))
    await customer('c4')
    await did('c4', 'Order Completed', { ...bought('P-17'), daysAgo: 91 })
    await did('c4', 'Order Completed', bought('P-2'))
    await customer('c5')
    await customer('c6', { into: 'c5' })
    await did('c6', 'Order Completed', bought('P-17'))
    await customer('t1', { isTest: true })
    await did('t1', 'Order Completed', bought('P-17'))
    await db()
      .insertInto('blocked_addresses')
      .values({
        channel: 'email',
        address: 'cai@shop.example',
        reason: 'hard_bounce',
        source: 'test',
        since: new Date(NOW_MS),
      })
      .execute()
    await consent('c1', 'marketing', true)
    await consent('c3', 'marketing', true)

    await ask('PUT /v1/audiences/delayed-sofa', SOFA)
    expect(await ask('POST /v1/audiences/count', { key: 'delayed-sofa' })).toEqual({
      status: 200,
      body: {
        customers: 5,
        sample: 1,
        matching: 3,
        failed: 0,
        channels: [
          { channel: 'email', reachable: 1, marketing: 1 },
          { channel: 'push', reachable: 0, marketing: 0 },
          { channel: 'sms', reachable: 0, marketing: 0 },
          { channel: 'webhook', reachable: 3, marketing: 0 },
          { channel: 'onsite', reachable: 3, marketing: 0 },
          { channel: 'agent_task', reachable: 3, marketing: 0 },
          { channel: 'audience_sync', reachable: 2, marketing: 0 },
        ],
      },
    })
    const { body } = await ask('POST /v1/audiences/count', { key: 'delayed-sofa', sample: 0.01 })
    expect(body['customers']).toBeLessThan(5)
  })

  const consent = async (customerId: string, purpose: string, granted: boolean) => {
    const values = { customer_id: customerId, purpose, channel: 'email', granted }
    await db()
      .insertInto('consents')
      .values({ ...values, at: new Date(NOW_MS), source: 'test' })
      .execute()
  }

  test.each([
    ["did('Product Viewed', 'category', 'tea')", 1],
    ["did('Product Viewed', 'category', 'Tea')", 0],
    ["did('Product Viewed', 'price', '12.5')", 1],
    ["did('Product Viewed', 'price', '12.50')", 0],
    ["did('Product Viewed', 'gift', 'true')", 1],
    ["did('Product Viewed', 'tags', 'green')", 1],
    ["did('Product Viewed', 'shop.city', 'Lyon')", 1],
    ["did('Product Viewed', 'a\"b', 'c')", 1],
    ["did('Product Viewed', 'category', 'tea', 'P2D')", 0],
    ["did('Product Viewed', 'category', 'tea', 'P4D')", 1],
    ["count('Product Viewed') == 1 && count('Product Viewed', 'P2D') == 0", 1],
    ["now - last('Product Viewed') > duration('P2D')", 2],
    ["has('email') && customer.traits.plan == 'gold'", 1],
    ["consented('news', 'email') || customer.consent.other", 1],
    ["inJourney('welcome')", 1],
    ["returned('P-9') && returned('o-1')", 1],
    ["customer.lifecycle == 'occasional' && customer.value > 19.9", 1],
    ['now.getHours() == 13', 1],
    ["count('x\\u0000') == 1 || did('x\\u0000', 'x\\u0000', 'x')", 0],
  ])('%s holds for %i', async (when, matching) => {
    await customer('c1', { traits: { email: 'a@b.example', plan: 'gold' }, zone: 'Europe/Madrid' })
    await customer('c2')
    const properties = {
      category: 'tea',
      price: 12.5,
      gift: true,
      tags: ['red', 'green'],
      shop: { city: 'Lyon' },
      'a"b': 'c',
    }
    await did('c1', 'Product Viewed', { properties, daysAgo: 3 })
    await did('c1', 'Order Completed', { properties: { revenue: 20 }, daysAgo: 3 })
    await did('c1', 'Order Refunded', {
      properties: { order_id: 'o-1', products: [{ product_id: 'P-9' }] },
    })
    await consent('c1', 'news', true)
    await consent('c1', 'other', false)
    const at = new Date(NOW_MS)
    for (const [id, journey, status] of [
      ['r1', 'welcome', 'paused'],
      ['r2', 'welcome', 'ended'],
    ] as const)
      await db()
        .insertInto('runs')
        .values({
          run_id: id,
          customer_id: id === 'r1' ? 'c1' : 'c2',
          journey,
          version: 1,
          status,
          step: 's',
          since: at,
          entered_at: at,
          locked: false,
          turn: 1,
        })
        .execute()
    expect(await count(when)).toBe(matching)
  })

  test('tells on whose data the condition failed', async () => {
    await customer('c1', { traits: { age: 'old' } })
    await customer('c2', { traits: { age: 30 } })
    const { body } = await ask('POST /v1/audiences/count', {
      document: { key: 'a', when: 'customer.traits.age > 18' },
    })
    expect(body).toMatchObject({ customers: 2, matching: 1, failed: 1 })
  })

  test('a journey pins the version of its audience, which is part of its hash', async () => {
    const audience = (when: string) => ask('PUT /v1/audiences/buyers', { key: 'buyers', when })
    const sale = journey('sale', { entry: { on: [], audience: { key: 'buyers' } } })
    const publish = (definition: object = sale) =>
      ask('POST /v1/journeys/sale/versions', definition)
    const unknown = { findings: [{ code: 'unknown_audience', path: '/entry/audience/key' }] }
    expect(await publish()).toMatchObject({ status: 422, body: unknown })
    expect(await ask('POST /v1/journeys/check', sale)).toMatchObject({
      body: { ok: false, ...unknown },
    })

    const first = (await audience('true')).body['hash']
    const published = await publish()
    expect(published).toMatchObject({ status: 201, body: { version: 1 } })
    expect((await ask('GET /v1/journeys/sale/versions/1')).body).toMatchObject({
      definition: { entry: { audience: { key: 'buyers', hash: first } } },
    })
    expect(await publish()).toMatchObject({ status: 200, body: { version: 1 } })
    const other = (await audience("has('email')")).body['hash']
    expect(await publish()).toMatchObject({ status: 201, body: { version: 2 } })

    const pinned = (hash: unknown) => ({
      ...sale,
      entry: { on: [], audience: { key: 'buyers', hash } },
    })
    expect(await publish(pinned(other))).toMatchObject({ status: 200, body: { version: 2 } })
    expect(await publish(pinned('0'.repeat(64)))).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'unknown_audience', path: '/entry/audience/hash' }] },
    })
    expect(await ask('POST /v1/journeys/sale/rollback', { to: 1 })).toMatchObject({
      status: 201,
      body: { version: 3, hash: published.body['hash'] },
    })
  })

  test('who is reached by one can be simulated by its event', async () => {
    const sale = journey('sale', {
      class: 'service',
      entry: { on: [], audience: { key: 'buyers' } },
    })
    const at = '2026-02-04T12:00:00Z'
    const reached = { at, event: 'Audience Reached', properties: { journey: 'sale' } }
    const { status, body } = await ask('POST /v1/journeys/simulate', {
      definitions: [sale],
      alone: true,
      customer: { traits: { email: 'ana@shop.example' } },
      events: [reached],
      until: '2026-02-05T12:00:00Z',
    })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: { decisions: [{ outcome: 'enter' }] },
    })
  })
})

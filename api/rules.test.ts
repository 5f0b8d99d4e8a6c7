import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey, mail } from '../test/support/journeys.ts'

const NOW = '2026-02-01T00:00:00.000Z'
const POLICY = {
  caps: [{ name: 'weekly', max: 3, window: 'P7D' }],
  groups: [{ name: 'gold', when: "customer.traits.tier == 'gold'" }],
  matrix: [{ groups: ['gold'], classes: ['marketing'], do: 'hold' }],
}

describeOnEachDatabase('rules beside the journeys', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => Date.parse(NOW) })
  })
  beforeEach(async () => {
    await db().deleteFrom('rule_documents').execute()
  })
  const ask = async (call: string, body?: unknown, options: { key?: string } = {}) => {
    const answer = await api.request(call, {
      ...(body === undefined ? {} : { body }),
      ...options,
    })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }

  test.each(['contact-policy', 'arbitration'])(
    '%s: none published is version 0, an empty document',
    async (kind) => {
      expect(await ask(`GET /v1/${kind}`)).toEqual({
        status: 200,
        body: {
          version: 0,
          hash: expect.stringMatching(/^[0-9a-f]{64}$/),
          note: null,
          publishedAt: null,
          publishedBy: null,
          document: {},
        },
      })
      expect(await ask(`GET /v1/${kind}/versions`)).toEqual({
        status: 200,
        body: { data: [], nextCursor: null },
      })
    },
  )

  test('a put publishes the next version, and of the same content none', async () => {
    const created = await ask('PUT /v1/contact-policy?note=first', POLICY)
    expect(created).toMatchObject({
      status: 201,
      body: { version: 1, note: 'first', publishedAt: NOW, publishedBy: expect.any(String) },
    })
    expect(await ask('PUT /v1/contact-policy', POLICY)).toEqual({ ...created, status: 200 })
    expect(await ask('GET /v1/contact-policy')).toEqual({
      status: 200,
      body: { ...created.body, document: POLICY },
    })
    expect(await ask('PUT /v1/arbitration?base=0', { margin: 0.2 })).toMatchObject({
      status: 201,
      body: { version: 1 },
    })
  })

  test('a document comes back with its members in the order of the language', async () => {
    const caps = [{ window: 'P7D', max: 3, name: 'weekly' }]
    await ask('PUT /v1/contact-policy', { groups: POLICY.groups, caps })
    const { body } = await ask('GET /v1/contact-policy')
    expect(JSON.stringify(body['document'])).toBe(
      JSON.stringify({ caps: POLICY.caps, groups: POLICY.groups }),
    )
  })

  test('versions are listed, shown and compared', async () => {
    await ask('PUT /v1/arbitration', { margin: 0.2 })
    await ask('PUT /v1/arbitration?base=1', { margin: 0.3, dwell: 'PT6H' })
    expect(await ask('GET /v1/arbitration/versions')).toMatchObject({
      body: { data: [{ version: 2 }, { version: 1 }] },
    })
    const first = await ask('GET /v1/arbitration/versions?limit=1')
    expect(first.body).toMatchObject({ data: [{ version: 2 }] })
    const next = `?limit=1&cursor=${String(first.body['nextCursor'])}`
    expect(await ask(`GET /v1/arbitration/versions${next}`)).toMatchObject({
      body: { data: [{ version: 1 }], nextCursor: null },
    })
    expect(await ask('GET /v1/arbitration/versions/1')).toMatchObject({
      body: { version: 1, document: { margin: 0.2 } },
    })
    expect(await ask('GET /v1/arbitration/diff?from=1&to=2')).toEqual({
      status: 200,
      body: {
        from: 1,
        to: 2,
        changes: [
          { path: '/dwell', to: 'PT6H' },
          { path: '/margin', from: 0.2, to: 0.3 },
        ],
      },
    })
    expect(await ask('GET /v1/arbitration/versions/9')).toMatchObject({ status: 404 })
    expect(await ask('GET /v1/arbitration/diff?from=1&to=9')).toMatchObject({ status: 404 })
    expect(await ask('GET /v1/arbitration/diff?from=1')).toMatchObject({ status: 400 })
  })

  test('whoever follows a version that is not the latest is told which one is', async () => {
    await ask('PUT /v1/contact-policy?base=0', POLICY)
    expect(await ask('PUT /v1/contact-policy?base=0', { zone: 'Europe/Madrid' })).toMatchObject({
      status: 409,
      body: { type: '/docs/problems.md#newer_version', version: 1, publishedAt: NOW },
    })
  })

  test('a bad document is refused with everything that is wrong, and a check says the same', async () => {
    const bad = { zone: 'Mars', caps: [{ name: 'weekly', max: 0, window: 'P7D' }] }
    const findings = [
      { code: 'out_of_range', path: '/caps/0/max' },
      { code: 'unknown_zone', path: '/zone' },
    ]
    expect(await ask('PUT /v1/contact-policy', bad)).toMatchObject({
      status: 422,
      body: { type: '/docs/problems.md#unacceptable', findings },
    })
    expect(await ask('POST /v1/contact-policy/check', bad)).toMatchObject({
      status: 200,
      body: { ok: false, findings },
    })
    expect(await ask('POST /v1/arbitration/check', { margin: 0.1 })).toEqual({
      status: 200,
      body: { ok: true, findings: [] },
    })
    expect(
      await ask('POST /v1/arbitration/check', {
        context: [{ name: 'a', when: 'true', multiply: 2, journeys: ['nowhere'] }],
      }),
    ).toMatchObject({ body: { ok: true, findings: [{ code: 'unknown_journey' }] } })
    expect(await ask('PUT /v1/contact-policy', '{"zone":')).toMatchObject({ status: 400 })
  })

  test('reading takes scope read, publishing and checking scope publish', async () => {
    const [reader, publisher] = [await api.keyWith('read'), await api.keyWith('publish')]
    for (const kind of ['contact-policy', 'arbitration']) {
      expect(await ask(`GET /v1/${kind}`, undefined, { key: reader })).toMatchObject({
        status: 200,
      })
      for (const call of [`PUT /v1/${kind}`, `POST /v1/${kind}/check`])
        expect(await ask(call, {}, { key: reader })).toMatchObject({ status: 403 })
      expect(await ask(`GET /v1/${kind}/versions`, undefined, { key: publisher })).toMatchObject({
        status: 403,
      })
      expect(await ask(`PUT /v1/${kind}`, {}, { key: publisher })).toMatchObject({ status: 201 })
    }
  })

  test('an event that only an exclusion rule names passes the filter, from the publication on', async () => {
    const statusOf = async (messageId: string) => {
      await ask('POST /v1/track', { userId: 'ada', event: 'Claim Made', messageId })
      const { status } = await db()
        .selectFrom('events')
        .select('status')
        .where('message_id', '=', messageId)
        .executeTakeFirstOrThrow()
      return status
    }
    expect(await statusOf('before')).toBe('filtered')
    await ask('PUT /v1/contact-policy', {
      exclusions: [{ name: 'claim', open: [{ event: 'Claim Made' }] }],
    })
    expect(await statusOf('after')).not.toBe('filtered')
  })

  test('a simulation plays a draft of the policy in the place of the one in force', async () => {
    const sent = async (contactPolicy?: object) => {
      const { body } = await ask('POST /v1/journeys/simulate', {
        definitions: [{ ...journey('hello'), class: 'service' }],
        customer: { traits: { email: 'ada@example.com' } },
        events: [{ at: '2026-01-05T10:00:00Z', event: 'Signed Up' }],
        until: '2026-02-01T00:00:00Z',
        ...(contactPolicy === undefined ? {} : { contactPolicy }),
      })
      return (body['deliveries'] as { status: string }[]).filter(({ status }) => status === 'sent')
    }
    expect(await sent()).toHaveLength(2)
    const caps = [{ name: 'one', max: 1, window: 'P30D' }]
    expect(await sent({ caps })).toHaveLength(1)
    expect(await sent()).toHaveLength(2)
  })

  test('a simulation writes what the matrix sends instead, of the policy in force and of a draft', async () => {
    const policy = (subject: string) => ({
      matrix: [{ channels: ['email'], do: { replace: 'short' } }],
      messages: { short: mail(subject) },
    })
    const subjects = async (contactPolicy?: object) => {
      const { body } = await ask('POST /v1/journeys/simulate', {
        definitions: [{ ...journey('hello'), class: 'service' }],
        customer: { traits: { email: 'ada@example.com' } },
        events: [{ at: '2026-01-05T10:00:00Z', event: 'Signed Up' }],
        until: '2026-01-06T00:00:00Z',
        ...(contactPolicy === undefined ? {} : { contactPolicy }),
      })
      const deliveries = body['deliveries'] as { content: { subject: string } | null }[]
      return deliveries.map(({ content }) => content?.subject)
    }
    await ask('PUT /v1/contact-policy', policy('In force'))
    expect(await subjects()).toEqual(['In force'])
    expect(await subjects(policy('Draft'))).toEqual(['Draft'])
    expect(await subjects({})).toEqual(['hello'])
  })

  test('the matrix is a table with the customers of each group, test customers left out', async () => {
    await ask('PUT /v1/contact-policy', POLICY)
    const customers = ['a', 'b', 'c', 'd'].map((id, index) => ({
      customer_id: `matrix-${id}`,
      created_at: new Date(NOW),
      contact_group: index < 3 ? 'gold' : 'gone',
      test: index === 0,
    }))
    await db().deleteFrom('customers').where('customer_id', 'like', 'matrix-%').execute()
    await db().insertInto('customers').values(customers).execute()
    const { body } = (await ask('GET /v1/contact-policy/matrix')) as unknown as {
      body: {
        version: number
        rows: { group: string | null; customers: number; cells: unknown[] }[]
      }
    }
    const [gold, none] = body.rows
    expect(gold).toMatchObject({ group: 'gold', customers: 2 })
    expect(gold?.cells).toContainEqual({ class: 'marketing', channel: 'email', do: 'hold' })
    expect(gold?.cells).toContainEqual({ class: 'service', channel: 'email', do: 'send' })
    expect(none?.group).toBeNull()
    expect(none?.customers).toBeGreaterThanOrEqual(1)
    expect(none?.cells).toContainEqual({ class: 'marketing', channel: 'email', do: 'send' })
  })
})

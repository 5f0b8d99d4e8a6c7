import { afterAll, beforeAll, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const NOW = '2026-02-01T10:00:00.000Z'
const PLAN = {
  events: {
    'Form Sent': {
      schema: { required: ['form'], properties: { form: { type: 'string' } } },
      invalid: 'refuse',
    },
  },
  undeclared: 'refuse',
}

describeOnEachDatabase('the tracking plan over HTTP', (db) => {
  let api: TestApi
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => Date.parse(NOW) })
    expect((await ask('PUT /v1/tracking-plan', PLAN)).status).toBe(201)
  })
  afterAll(async () => {
    expect((await ask('PUT /v1/tracking-plan', {})).status).toBe(201)
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const sent = (userId: string, properties: object) => ({
    type: 'track',
    userId,
    event: 'Form Sent',
    properties,
  })

  test('a single event that it refuses gets 422 with every place', async () => {
    expect(await ask('POST /v1/track', sent('one', { form: 1 }))).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'not_as_planned', path: '/properties/form' }] },
    })
    expect(await ask('POST /v1/track', { userId: 'one', event: 'Other' })).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'undeclared_event', path: '/event' }] },
    })
    expect((await ask('GET /v1/customers/one')).status).toBe(404)
    expect((await ask('POST /v1/track', sent('one', { form: 'a' }))).status).toBe(200)
  })

  test('of a batch they wait in quarantine, and are taken when the plan takes them', async () => {
    const batch = [sent('two', {}), { type: 'nonsense' }, sent('two', { form: 'a' })]
    const { status, body } = await ask('POST /v1/batch', { batch })
    expect(status).toBe(200)
    expect(body).toMatchObject({
      accepted: 1,
      quarantined: [
        { index: 0, findings: [{ code: 'not_as_planned', path: '/batch/0/properties/form' }] },
        { index: 1 },
      ],
    })
    const { data } = (await ask('GET /v1/quarantine?status=open')).body as {
      data: { quarantineId: string; findings: { code: string; path: string }[] }[]
    }
    const entry = data.find(({ findings }) => findings[0]?.code === 'not_as_planned')
    expect(entry?.findings[0]?.path).toBe('/properties/form')
    const retry = `POST /v1/quarantine/${entry?.quarantineId}/retry`
    expect(await ask(retry)).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'not_as_planned' }] },
    })
    await ask('PUT /v1/tracking-plan', { events: { 'Form Sent': {} } })
    expect((await ask(retry)).status).toBe(200)
    expect((await ask('PUT /v1/tracking-plan', PLAN)).status).toBe(201)
  })

  test('a batch of which nothing is let in is refused', async () => {
    expect(await ask('POST /v1/batch', { batch: [sent('three', {})] })).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'not_as_planned', path: '/batch/0/properties/form' }] },
    })
  })

  test('the report says what came, and what was refused', async () => {
    const { body } = await ask('GET /v1/reports/tracking-plan')
    expect(body).toMatchObject({
      since: '2026-01-26T10:00:00.000Z',
      events: {
        declared: [
          {
            name: 'Form Sent',
            invalid: { refused: 4 },
            broken: expect.arrayContaining([
              expect.objectContaining({ rule: '/properties/form/type', count: 1, refused: 1 }),
              expect.objectContaining({ rule: '/required/0', refused: 3 }),
            ]),
          },
        ],
        undeclared: [{ name: 'Other', count: 1, refused: 1, messageId: null }],
      },
    })
    expect((await ask('GET /v1/reports/tracking-plan?days=0')).status).toBe(400)
  })
})

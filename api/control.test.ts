import { beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

describeOnEachDatabase('/v1/control', (db) => {
  let api: TestApi
  let resumed: string[]

  beforeEach(async () => {
    for (const table of ['stops', 'resumes', 'capacities'] as const)
      await db().deleteFrom(table).execute()
    resumed = []
    api = await createTestApi(db(), { onResume: (resumeId) => resumed.push(resumeId) })
  })

  const ask = async (call: string, body?: unknown, key = api.key) => {
    const response = await api.request(call, body === undefined ? { key } : { body, key })
    return { status: response.status, body: (await response.json()) as JsonObject }
  }
  const panic = (body: object) =>
    ask('POST /v1/control/panic', { reason: 'a wrong price', ...body })
  const resume = (body: object) => ask('POST /v1/control/resume', body)
  const control = async () => (await ask('GET /v1/control')).body

  test('nothing is stopped, parked or scarce at first', async () => {
    expect(await control()).toEqual({
      stops: [],
      resumes: [],
      parked: [],
      capacities: [],
      throttles: [],
    })
  })

  test('a stop of each scope is in force with the answer, and is noted', async () => {
    for (const scope of ['all', { channel: 'email' }, { journey: 'welcome' }])
      expect(await panic({ scope })).toMatchObject({
        status: 200,
        body: { scope, exceptClasses: [], reason: 'a wrong price' },
      })
    expect(await control()).toMatchObject({
      stops: [{ scope: 'all' }, { scope: { channel: 'email' } }, { scope: { journey: 'welcome' } }],
    })
    const { body } = await ask('GET /v1/commands')
    expect(body['data']).toMatchObject([
      { action: 'sends.stop', target: 'control/journey welcome' },
      { action: 'sends.stop', target: 'control/channel email' },
      { action: 'sends.stop', target: 'control/all' },
    ])
  })

  test('the same scope again takes over exceptions and reason, and stays one stop', async () => {
    await panic({ scope: 'all', exceptClasses: ['service'] })
    await panic({ scope: 'all', reason: 'worse than we thought' })
    expect(await control()).toMatchObject({
      stops: [{ scope: 'all', exceptClasses: [], reason: 'worse than we thought' }],
    })
  })

  test('a resume lifts it and is handed over; what is not stopped is refused', async () => {
    expect(await resume({ scope: 'all' })).toMatchObject({ status: 409 })
    await panic({ scope: 'all' })
    expect(await resume({ scope: { channel: 'email' } })).toMatchObject({ status: 409 })
    const { status, body } = await resume({ scope: 'all', ramp: { perSecond: 20 } })
    expect({ status, body }).toMatchObject({
      status: 200,
      body: {
        status: 'running',
        released: 0,
        ramp: { email: { type: 'perSecond', perSecond: 20 } },
      },
    })
    expect(resumed).toEqual([body['resumeId']])
    expect(await control()).toMatchObject({ stops: [], resumes: [{ status: 'running' }] })
  })

  test('stopped again, a resume is over', async () => {
    await panic({ scope: 'all' })
    await resume({ scope: 'all' })
    await panic({ scope: { channel: 'email' } })
    expect(await control()).toMatchObject({ resumes: [{ status: 'running' }] })
    await panic({ scope: 'all' })
    expect(await control()).toMatchObject({ resumes: [{ status: 'paused' }] })
  })

  test('a capacity is told, shown, and told anew', async () => {
    expect(await ask('GET /v1/control/capacity/contact-centre')).toMatchObject({ status: 404 })
    const until = '2030-01-01T00:00:00.000Z'
    const told = { available: 14_400, until }
    expect(await ask('PUT /v1/control/capacity/contact-centre', told)).toMatchObject({
      status: 200,
      body: { name: 'contact-centre', available: 14_400, used: 0, reserved: 0, until, waiting: 0 },
    })
    await ask('PUT /v1/control/capacity/contact-centre', { available: 0 })
    expect(await ask('GET /v1/control/capacity/contact-centre')).toMatchObject({
      body: { available: 0, until: null },
    })
    expect(await control()).toMatchObject({ capacities: [{ name: 'contact-centre' }] })
  })

  test.each([
    ['POST /v1/control/panic', { scope: { channel: 'pigeon' }, reason: 'x' }],
    ['POST /v1/control/panic', { scope: 'all' }],
    ['POST /v1/control/resume', { scope: 'all', ramp: { perSecond: 0 } }],
    ['PUT /v1/control/capacity/phones', { available: -1 }],
  ])('%s refuses %j', async (call, body) => {
    expect(await ask(call, body)).toMatchObject({ status: 400 })
  })

  test('needs a key that may operate; who may read may look', async () => {
    const reader = await api.keyWith('read')
    const body = { scope: 'all', reason: 'x' }
    expect(await ask('POST /v1/control/panic', body, reader)).toMatchObject({ status: 403 })
    expect(await ask('GET /v1/control', undefined, reader)).toMatchObject({ status: 200 })
  })
})

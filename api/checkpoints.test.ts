import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import { openDueCheckpoint } from '../operations/quality-checkpoints.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const DAY_MS = 86_400_000
const PATH = '/v1/reports/data-quality/checkpoints'
const SCHEDULE = '/v1/reports/data-quality/checkpoint-schedule'

describeOnEachDatabase('checkpoints of data quality over HTTP', (db) => {
  let api: TestApi
  let nowMs = 0
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => nowMs })
  })
  beforeEach(async () => {
    for (const table of [
      'quality_work',
      'quality_checkpoints',
      'quality_schedule',
      'trait_findings',
    ] as const)
      await db().deleteFrom(table).execute()
    nowMs = Date.parse('2026-03-02T09:00:00Z')
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as JsonObject }
  }
  const identify = async (userId: string, traits: JsonObject) => {
    nowMs += 1_000
    expect((await ask('POST /v1/identify', { userId, traits })).status).toBe(200)
    // What is stored is stamped by the real clock: it is put where this test is.
    for (const column of ['said_at', 'settled_at'] as const)
      await db()
        .updateTable('trait_findings')
        .set({ [column]: new Date(nowMs) })
        .where(column, '>', new Date(nowMs + 200 * DAY_MS))
        .execute()
  }
  const open = async (): Promise<JsonObject> => {
    nowMs += 1_000
    const { status, body } = await ask(`POST ${PATH}`, { owner: 'Ines' })
    expect(status).toBe(201)
    return body
  }

  test('counts what is open, and what came and went since the one before', async () => {
    await identify('ana', { email: 'no address', phone: '12' })
    await identify('ben', { email: 'none either' })
    const first = await open()
    expect(first).toMatchObject({
      owner: 'Ines',
      scheduled: false,
      since: null,
      findings: [
        { trait: 'email', open: 2, fresh: 2, settled: 0 },
        { trait: 'phone', open: 1, fresh: 1, settled: 0 },
      ],
    })
    await identify('ben', { email: 'ben@example.com' })
    await identify('cai', { phone: '13' })
    expect(await open()).toMatchObject({
      since: first['openedAt'],
      findings: expect.arrayContaining([
        expect.objectContaining({ trait: 'email', open: 1, fresh: 0, settled: 1 }),
        expect.objectContaining({ trait: 'phone', open: 2, fresh: 1, settled: 0 }),
      ]) as unknown,
    })
  })

  test('keeps a worklist with the effort spent, until somebody signs it off', async () => {
    await identify('ana', { email: 'no address' })
    await identify('ben', { email: 'none either' })
    const { id, findings } = await open()
    const [{ problem }] = findings as [{ problem: string }]
    const work = { problem, trait: 'email', minutes: 20, note: 'asked by telephone' }
    await ask(`POST ${PATH}/${id as string}/work`, { ...work, minutes: 15 })
    await identify('ben', { email: 'ben@example.com' })
    expect(await ask(`POST ${PATH}/${id as string}/work`, work)).toMatchObject({
      status: 200,
      body: {
        worklist: [
          {
            open: 2,
            left: 1,
            minutes: 35,
            work: [{ minutes: 15 }, { minutes: 20, note: 'asked by telephone' }],
          },
        ],
      },
    })
    expect(
      await ask(`POST ${PATH}/${id as string}/work`, { ...work, trait: 'plan' }),
    ).toMatchObject({ status: 409 })

    const signed = await ask(`POST ${PATH}/${id as string}/sign-off`, { note: 'one is left' })
    expect(signed).toMatchObject({ status: 200, body: { note: 'one is left' } })
    expect(signed.body['signedOffAt']).not.toBeNull()
    expect((await ask(`POST ${PATH}/${id as string}/work`, work)).status).toBe(409)
    expect((await ask(`POST ${PATH}/${id as string}/sign-off`, {})).status).toBe(409)
    expect(await ask(`GET ${PATH}/${id as string}`)).toMatchObject({
      body: { signedOffAt: signed.body['signedOffAt'], worklist: [{ minutes: 35 }] },
    })
  })

  test('opens by itself for its owner, once however many look, and not for dates that were missed', async () => {
    expect((await ask(`GET ${SCHEDULE}`)).body).toBeNull()
    expect(await ask(`PUT ${SCHEDULE}`, { owner: 'Ines', every: 'a week' })).toMatchObject({
      status: 422,
      body: { findings: [{ code: 'bad_duration', path: '/every' }] },
    })
    const from = new Date(nowMs + DAY_MS).toISOString()
    await ask(`PUT ${SCHEDULE}`, { owner: 'Ines', every: 'P7D', from })
    const look = () => openDueCheckpoint({ db: db(), now: () => nowMs })
    expect(await look()).toBeUndefined()
    nowMs += DAY_MS
    const looks = await Promise.all([look(), look(), look()])
    expect(looks.filter((each) => each !== undefined)).toMatchObject([
      { owner: 'Ines', scheduled: true },
    ])
    nowMs += 20 * DAY_MS
    expect(await look()).toBeDefined()
    expect(await look()).toBeUndefined()
    expect((await ask(`GET ${SCHEDULE}`)).body).toEqual({
      owner: 'Ines',
      every: 'P7D',
      nextAt: new Date(Date.parse(from) + 21 * DAY_MS).toISOString(),
    })
    expect((await ask(`GET ${PATH}?limit=1`)).body['data']).toHaveLength(1)
    await ask(`PUT ${SCHEDULE}`, null)
    nowMs += 100 * DAY_MS
    expect(await look()).toBeUndefined()
  })
})

import { beforeAll, beforeEach, expect, test } from 'vitest'
import { createBeginRetention, createRetainSome } from '../activities/retention-rounds.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'

const NOW_MS = Date.parse('2026-03-01T00:00:00Z')
const DAY_MS = 86_400_000
const NO_PARTS = { mails: 0, timeline: 0, agentTasks: 0, onsite: 0 }

describeOnEachDatabase('retention over HTTP', (db) => {
  let api: TestApi
  let asked = 0
  beforeAll(async () => {
    api = await createTestApi(db(), { now: () => NOW_MS, onRetention: () => asked++ })
  })
  beforeEach(async () => {
    for (const table of ['retention_runs', 'events', 'rule_documents'] as const)
      await db().deleteFrom(table).execute()
    asked = 0
  })
  const ask = async (call: string, body?: unknown) => {
    const answer = await api.request(call, body === undefined ? {} : { body })
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
  }
  const addEvents = async (name: string, daysAgo: readonly number[]): Promise<void> => {
    const bodies = daysAgo.map((days) => ({
      type: 'track',
      userId: 'ann',
      event: name,
      timestamp: new Date(NOW_MS - days * DAY_MS).toISOString(),
    }))
    expect((await ask('POST /v1/batch', { batch: bodies })).status).toBe(200)
    await db()
      .updateTable('events')
      .set({ recorded_at: new Date(NOW_MS - 10 * DAY_MS), status: 'filtered' })
      .execute()
  }
  const RULES = { rules: [{ events: ['Viewed'], keepFor: 'P30D' }] }

  test('a preview says how many rows a draft would delete, and deletes none', async () => {
    await addEvents('Viewed', [1, 20, 40, 60])
    const draft = { rules: [...RULES.rules, { events: ['Clicked'], keepFor: 'P1D' }] }
    expect(await ask('POST /v1/retention/preview', { document: draft })).toEqual({
      status: 200,
      body: { events: [{ rule: 0, count: 2 }], ...NO_PARTS },
    })
    expect(await db().selectFrom('events').select('seq').execute()).toHaveLength(4)
  })

  test('a preview refuses what could not be published, with everything that is wrong', async () => {
    const document = {
      rules: [
        { events: ['Order Completed'], keepFor: 'P30D' },
        { events: ['Viewed'], keepFor: 'soon' },
      ],
    }
    const bad = await ask('POST /v1/retention/preview', { document })
    expect(bad).toMatchObject({ status: 422, body: { findings: [{ code: 'bad_duration' }] } })
    const [counted] = document.rules
    expect(
      await ask('POST /v1/retention/preview', { document: { rules: [counted] } }),
    ).toMatchObject({ status: 422, body: { findings: [{ code: 'counted_event' }] } })
  })

  test('a run that is asked for is one at a time, and tells what it deleted', async () => {
    expect(await ask('POST /v1/retention/run')).toMatchObject({ status: 409 })
    await ask('PUT /v1/retention', RULES)
    const first = await ask('POST /v1/retention/run')
    expect(first).toMatchObject({ status: 202, body: { status: 'asked', version: null } })
    expect(await ask('POST /v1/retention/run')).toEqual(first)
    expect(asked).toBe(2)
    const commands = await db()
      .selectFrom('commands')
      .select('target')
      .where('action', '=', 'retention.run')
      .execute()
    expect(commands).toEqual([{ target: `retention/${first.body['id'] as string}` }])

    await addEvents('Viewed', [1, 40, 60])
    const deps = { db: db(), now: () => NOW_MS }
    const open = await createBeginRetention(deps)({ runId: 'daily' })
    expect(open).toEqual({ runId: first.body['id'] })
    await createRetainSome(deps)({ runId: first.body['id'] as string })
    expect((await ask('GET /v1/retention/runs')).body['data']).toMatchObject([
      {
        id: first.body['id'],
        status: 'done',
        version: 1,
        looked: 3,
        deleted: { events: [{ rule: 0, count: 2 }], ...NO_PARTS },
        heldBack: [],
        endedAt: '2026-03-01T00:00:00.000Z',
      },
    ])
  })

  test('rules that delete nothing cannot be carried out', async () => {
    await ask('PUT /v1/retention', {})
    expect(await ask('POST /v1/retention/run')).toMatchObject({ status: 409 })
    expect(asked).toBe(0)
  })

  test('what an audience looks for is counted', async () => {
    const audience = { key: 'viewers', when: "did('Seen', 'category', 'tea')" }
    await ask('PUT /v1/audiences/viewers', audience)
    const rules = { rules: [{ events: ['Seen'], keepFor: 'P30D' }] }
    const refused = { status: 422, body: { findings: [{ code: 'counted_event' }] } }
    expect(await ask('PUT /v1/retention', rules)).toMatchObject(refused)
    expect(await ask('POST /v1/retention/preview', { document: rules })).toMatchObject(refused)

    // Another version looks for something else; a live journey may stay with the older one.
    await ask('PUT /v1/audiences/viewers', { ...audience, when: 'true' })
    expect(await ask('PUT /v1/retention', rules)).toMatchObject({ status: 201 })
    await addEvents('Seen', [40])
    await ask('PUT /v1/audiences/viewers', audience)
    await createBeginRetention({ db: db(), now: () => NOW_MS })({ runId: 'held' })
    await createRetainSome({ db: db(), now: () => NOW_MS })({ runId: 'held' })
    expect((await ask('GET /v1/retention/runs')).body['data']).toMatchObject([
      { status: 'done', heldBack: ['Seen'] },
    ])
  })
})

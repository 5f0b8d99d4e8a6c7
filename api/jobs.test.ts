import { sql } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey } from '../test/support/journeys.ts'

const WINDOW = { from: '2026-03-01T00:00:00Z', to: '2026-04-01T00:00:00Z' }

describeOnEachDatabase('jobs', (db) => {
  let api: TestApi
  let told = 0
  beforeAll(async () => {
    api = await createTestApi(db(), { onJob: () => void told++ })
  })
  beforeEach(async () => {
    told = 0
    await sql`truncate jobs`.execute(db())
  })
  const ask = async (body: object = {}) => {
    const response = await api.request('POST /v1/journeys/backtest', {
      body: { definitions: [journey('draft')], ...WINDOW, ...body },
    })
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }
  const read = async (call: string) => {
    const response = await api.request(call)
    return { status: response.status, body: (await response.json()) as Record<string, unknown> }
  }

  describe('POST /v1/journeys/backtest', () => {
    test('stores a job and tells the engine', async () => {
      const { status, body } = await ask()
      expect(status).toBe(202)
      expect(body).toMatchObject({ status: 'waiting', kind: 'backtest', progress: null })
      expect(told).toBe(1)
      expect(await read(`GET /v1/jobs/${String(body['jobId'])}`)).toMatchObject({
        status: 200,
        body: { jobId: body['jobId'], status: 'waiting', report: null },
      })
    })

    test('names everything that is wrong with drafts and window', async () => {
      const { status, body } = await ask({
        definitions: [{ ...journey('a'), start: 'nowhere' }, { key: 'b' }],
      })
      expect(status).toBe(422)
      const paths = (body['findings'] as { path: string }[]).map(({ path }) => path)
      expect(paths.some((path) => path.startsWith('/definitions/0'))).toBe(true)
      expect(paths.some((path) => path.startsWith('/definitions/1'))).toBe(true)
      expect((await ask({ to: WINDOW.from })).status).toBe(422)
      expect((await ask({ sample: 0 })).status).toBe(400)
      expect((await ask({ assume: { channels: ['pigeon'] } })).status).toBe(400)
      expect(told).toBe(0)
    })

    test('keeps drafts of the rules beside the journeys as they would be published', async () => {
      const { status, body } = await ask({
        definitions: [journey('draft')],
        contactPolicy: { exclusions: [{ preset: 'complaintOpen' }] },
        arbitration: { margin: 0.4 },
        compare: true,
      })
      expect(status).toBe(202)
      const { input } = await db()
        .selectFrom('jobs')
        .select('input')
        .where('job_id', '=', String(body['jobId']))
        .executeTakeFirstOrThrow()
      expect(input).toMatchObject({
        rules: {
          contact: { version: 1, exclusions: [{ name: 'complaintOpen', per: 'complaint_id' }] },
          arbitration: { settings: { margin: 0.4, switchesMax: 2 } },
        },
      })
      await ask()
      const plain = await db()
        .selectFrom('jobs')
        .select('input')
        .where('job_id', '<>', String(body['jobId']))
        .executeTakeFirstOrThrow()
      expect(plain.input).not.toHaveProperty('rules')
    })

    test('names what is wrong with drafts of rules, each under its own field', async () => {
      const { status, body } = await ask({
        contactPolicy: { zone: 'Mars' },
        arbitration: { margin: -1 },
      })
      expect(status).toBe(422)
      expect(body['findings']).toMatchObject([
        { code: 'unknown_zone', path: '/contactPolicy/zone' },
        { code: 'out_of_range', path: '/arbitration/margin' },
      ])
      const compared = { definitions: [], contactPolicy: {}, compare: true }
      await api.request('POST /v1/journeys/live/versions', { body: journey('live') })
      expect((await ask(compared)).status).toBe(202)
      expect(await ask({ definitions: [], compare: true })).toMatchObject({
        status: 422,
        body: { findings: [{ code: 'nothing_to_compare' }] },
      })
    })

    test('is for keys that may publish', async () => {
      const key = await api.keyWith('read')
      const response = await api.request('POST /v1/journeys/backtest', { key, body: WINDOW })
      expect(response.status).toBe(403)
    })
  })

  test('are listed newest first, page by page', async () => {
    const ids: string[] = []
    for (let count = 0; count < 3; count++) ids.unshift((await ask()).body['jobId'] as string)
    const first = await read('GET /v1/jobs?limit=2')
    const cursor = String(first.body['nextCursor'])
    const second = await read(`GET /v1/jobs?limit=2&cursor=${cursor}`)
    const seen = [first, second].flatMap(({ body }) => body['data'] as { jobId: string }[])
    expect(seen.map(({ jobId }) => jobId).toSorted()).toEqual(ids.toSorted())
    expect(second.body['nextCursor']).toBeNull()
    expect(seen[0]).not.toHaveProperty('report')
  })

  test('can be cancelled, once', async () => {
    const { body } = await ask()
    const path = `/v1/jobs/${String(body['jobId'])}`
    const cancelled = await read(`POST ${path}/cancel`)
    expect(cancelled).toMatchObject({ status: 200, body: { status: 'cancelled' } })
    expect(await read(`POST ${path}/cancel`)).toEqual(cancelled)
    const commands = await db()
      .selectFrom('commands')
      .select(['action'])
      .where('target', '=', `job/${String(body['jobId'])}`)
      .orderBy('command_id')
      .execute()
    expect(commands).toEqual([{ action: 'backtest.start' }, { action: 'job.cancel' }])
  })

  test('that are not there are not found', async () => {
    expect((await read('GET /v1/jobs/none')).status).toBe(404)
    expect((await read('POST /v1/jobs/none/cancel')).status).toBe(404)
  })
})

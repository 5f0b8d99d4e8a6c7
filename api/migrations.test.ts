import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import { countMigrationRuns } from '../db/migration-runs.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import type { Step } from '../domain/journeys/step.ts'
import type { JsonObject } from '../domain/json.ts'
import { startMigration } from '../operations/start-migration.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { journey, mail } from '../test/support/journeys.ts'
import { insertRun, MigrationByHand, type Standing } from '../test/support/migration.ts'

/** What the fields that tests read are; not every answer has each. */
interface Answer {
  readonly migrationId: string
  readonly findings: readonly { readonly code: string; readonly path: string }[]
  readonly inCanary: number
  readonly progress: unknown
  readonly data: readonly { readonly migrationId: string }[]
  readonly nextCursor: string | null
}

describeOnEachDatabase('migrations', (db) => {
  let api: TestApi
  let engine: MigrationByHand
  const woken: string[] = []
  beforeAll(async () => {
    api = await createTestApi(db(), { onMigration: (id) => void woken.push(id) })
    engine = new MigrationByHand(db())
  })

  const ask = async (call: string, body?: unknown, headers: Record<string, string> = {}) => {
    const answer = await api.request(call, { ...(body === undefined ? {} : { body }), headers })
    return { status: answer.status, body: (await answer.json()) as Answer }
  }
  const flow = (key: string, rest: Step, parts: Partial<Journey> = {}): Journey =>
    journey(key, {
      steps: {
        hello: { type: 'message', message: 'hello', next: 'rest' },
        rest,
        bye: { type: 'message', message: 'bye', next: 'nap' },
        nap: { type: 'wait', for: 'P2D', next: 'done' },
        done: { type: 'exit' },
      },
      messages: { hello: mail('hello'), bye: mail('bye') },
      ...parts,
    })
  const wait = (duration: string): Step => ({ type: 'wait', for: duration, next: 'bye' })
  /** A journey with two versions, and people in the old one. */
  const begin = async (...people: Omit<Standing, 'journey'>[]) => {
    const key = `journey-${randomUUID()}`
    for (const duration of ['P14D', 'P3D'])
      await ask(`POST /v1/journeys/${key}/versions`, flow(key, wait(duration)))
    const runs: string[] = []
    for (const each of people) runs.push(await insertRun(db(), { journey: key, ...each }))
    return { key, runs, path: `/v1/journeys/${key}/migrations` }
  }
  const plan = (parts: JsonObject = {}): JsonObject => ({
    from: 1,
    to: 2,
    steps: { rest: 'rest' },
    ...parts,
  })
  const codes = ({ body }: { body: Answer }): string[] =>
    body.findings.map(({ code, path }) => `${path} ${code}`)
  const started = async (path: string, parts: JsonObject = {}): Promise<string> => {
    const answer = await ask(`POST ${path}`, plan(parts))
    if (answer.status !== 201) throw new Error(JSON.stringify(answer.body))
    return answer.body.migrationId
  }
  const many = (count: number, parts: Omit<Standing, 'journey'> = {}) =>
    Array.from({ length: count }, () => parts)

  test('a dry run counts heads and changes nothing', async () => {
    const { path } = await begin(
      ...many(2),
      { status: 'paused' },
      { step: 'hello', status: 'active' },
      { step: 'nap' },
      { step: 'rest', status: 'ended' },
      { test: true },
    )
    const answer = await ask(`POST ${path}`, plan({ dryRun: true, steps: { rest: 'nap' } }))
    expect(answer).toMatchObject({
      status: 200,
      body: {
        ok: false,
        findings: [{ code: 'step_not_named' }],
        people: 5,
        inCanary: 5,
        testCustomers: 1,
        steps: [
          { step: 'hello', to: null, active: 1, waiting: 0, paused: 0 },
          { step: 'nap', to: null, waiting: 1 },
          { step: 'rest', to: 'nap', waiting: 2, paused: 1, inCanary: 3, testCustomers: 1 },
        ],
        resent: [],
      },
    })
    expect(await ask(`GET ${path}`)).toMatchObject({ body: { data: [] } })
  })

  test('a plan that is wrong is told everything at once', async () => {
    const { key, path } = await begin({ step: 'nap' })
    const wrong = (parts: JsonObject) => ask(`POST ${path}`, plan(parts))
    expect(codes(await wrong({ from: 7, to: 8 }))).toEqual([
      '/from unknown_version',
      '/to unknown_version',
    ])
    expect(codes(await wrong({ from: 2, to: 2 }))).toEqual([
      '/from old_version_is_live',
      '/to same_version',
    ])
    expect(codes(await wrong({ steps: { lunch: 'rest', rest: 'tea' } }))).toEqual([
      '/steps/lunch unknown_step',
      '/steps/rest unknown_target',
    ])
    expect(codes(await wrong({}))).toEqual(['/steps step_not_named'])
    expect((await wrong({ canary: 0 })).status).toBe(400)
    expect((await ask('POST /v1/journeys/nowhere/migrations', plan())).status).toBe(404)
    await ask(`POST /v1/journeys/${key}/versions/2/stop`)
    expect(codes(await wrong({}))).toEqual(['/to target_is_stopped'])
  })

  test('a plan that would send a message again is refused unless it says so', async () => {
    const { path } = await begin(
      { got: ['hello'] },
      { got: ['hello'] },
      { test: true, got: ['hello'] },
    )
    const again = { steps: { rest: 'hello' } }
    const resent = [{ step: 'rest', message: 'hello', people: 2 }]
    expect(await ask(`POST ${path}`, plan({ ...again, dryRun: true }))).toMatchObject({
      status: 200,
      body: { ok: false, resent, findings: [{ code: 'would_resend', path: '/steps/rest' }] },
    })
    const refused = await ask(`POST ${path}`, plan(again))
    expect([refused.status, codes(refused)]).toEqual([422, ['/steps/rest would_resend']])
    expect((await ask(`POST ${path}`, plan({ ...again, resend: true }))).status).toBe(201)
  })

  test('moves everybody, also who was on the way in, and tells how far it is', async () => {
    const { key, path } = await begin(...many(5), { test: true }, { step: 'nap' }, { step: 'bye' })
    const steps = { rest: 'rest', nap: 'stay', bye: 'exit' }
    const id = await started(path, { steps, perSecond: 3 })
    expect(woken.at(-1)).toBe(id)
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'running', people: { waiting: 7 }, testCustomers: 1 },
    })
    await insertRun(db(), { journey: key })
    await engine.run(id, ({ to }) => (to === null ? 'exited' : 'moved'))
    const { body } = await ask(`GET ${path}/${id}`)
    expect(body).toMatchObject({
      status: 'done',
      people: { moved: 6, stayed: 1, exited: 1 },
      testCustomers: 1,
    })
    expect(body.progress).toEqual([
      { step: 'bye', to: null, people: { exited: 1 } },
      { step: 'nap', to: null, people: { stayed: 1 } },
      { step: 'rest', to: 'rest', people: { moved: 6 } },
    ])
    expect(await ask(`GET /v1/journeys/${key}/versions/2`)).toMatchObject({
      body: { headCount: { total: 6 } },
    })
  })

  test('a canary takes its share by hash and stops; a larger one follows', async () => {
    const { path } = await begin(...many(40))
    const { body: preview } = await ask(`POST ${path}`, plan({ canary: 0.3, dryRun: true }))
    const inCanary = preview.inCanary
    expect(inCanary).toBeGreaterThan(2)
    expect(inCanary).toBeLessThan(28)
    const id = await started(path, { canary: 0.3 })
    await engine.run(id, () => 'moved')
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'paused', people: { moved: inCanary, waiting: 40 - inCanary } },
    })
    expect(codes(await ask(`POST ${path}/${id}/resume`, {}))).toEqual(['/canary canary_too_small'])
    expect(codes(await ask(`POST ${path}/${id}/resume`, { canary: 0.1 }))).toEqual([
      '/canary canary_too_small',
    ])
    await ask(`POST ${path}/${id}/resume`, { canary: 1 })
    await engine.run(id, () => 'moved')
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'done', canary: 1, people: { moved: 40 } },
    })
  })

  test('who is busy or has gone on is asked again; who would get a message again is refused', async () => {
    const { path, runs } = await begin(...many(3))
    const id = await started(path)
    const asked: string[] = []
    await engine.run(id, ({ runId }) => {
      asked.push(runId)
      if (asked.length === 1) return 'busy'
      return asked.length === 2 ? 'elsewhere' : 'moved'
    })
    expect(asked).toHaveLength(5)
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({ body: { people: { moved: 3 } } })
    expect(new Set(asked)).toEqual(new Set(runs))

    const late = await begin({})
    const other = await started(late.path, { steps: { rest: 'hello' } })
    await insertRun(db(), { journey: late.key, got: ['hello'] })
    await engine.run(other, () => 'moved')
    expect(await ask(`GET ${late.path}/${other}`)).toMatchObject({
      body: {
        people: { moved: 1, refused: 1 },
        left: [{ status: 'refused', step: 'rest', reason: 'It would get "hello" again.' }],
      },
    })
  })

  test('undo brings back who took no step since, and asks nobody else', async () => {
    const { path, key } = await begin(...many(6))
    const id = await started(path, { perSecond: 4 })
    await engine.run(id, () => 'moved', 1)
    expect(await ask(`POST ${path}/${id}/undo`)).toMatchObject({
      status: 200,
      body: { status: 'undoing', people: { moved: 4, stayed: 2 } },
    })
    let kept = 0
    await engine.run(id, () => (kept++ === 0 ? 'kept' : 'undone'))
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'undone', people: { undone: 3, kept: 1, stayed: 2 } },
    })
    expect(await ask(`GET /v1/journeys/${key}/versions/1`)).toMatchObject({
      body: { headCount: { total: 5 } },
    })
    expect((await ask(`POST ${path}/${id}/undo`)).status).toBe(409)
    expect((await ask(`POST ${path}/${id}/resume`, {})).status).toBe(409)
  })

  /** Begins one that enters two runs at once. */
  const startedInChunks = async (key: string, perSecond: number, share = 1): Promise<string> => {
    const { migrationId } = await startMigration(
      { db: db(), now: Date.now, onMigration: () => {}, enterAtMost: 2 },
      {
        journey: key,
        from: 1,
        to: 2,
        steps: { rest: 'rest' },
        share,
        resend: false,
        perSecond,
        keyId: null,
      },
    )
    return migrationId
  }
  const entered = async (id: string): Promise<number> => {
    const rows = db().selectFrom('migration_runs').where('migration_id', '=', id)
    return (await rows.select('run_id').execute()).length
  }
  const belowShare = (id: string, share: number): Promise<number> =>
    countMigrationRuns(db(), id, { statuses: ['waiting', 'moved'], share })

  test('people are entered chunk by chunk; everybody is counted from the start, and moved', async () => {
    const { key, path } = await begin(...many(7), { test: true })
    const chunks = new MigrationByHand(db(), { enterAtMost: 2 })
    const id = await startedInChunks(key, 3)
    const all = { body: { people: { waiting: 7 }, testCustomers: 1 } }
    expect(await entered(id)).toBe(2)
    expect(await ask(`GET ${path}/${id}`)).toMatchObject(all)
    // Asks those two, then enters the next two although nobody has answered yet.
    expect(await chunks.round(id)).toEqual({ isOver: false, looked: 2 })
    expect(await chunks.round(id)).toEqual({ isOver: false, looked: 2 })
    expect(await entered(id)).toBe(4)
    await chunks.run(id, () => 'moved')
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'done', people: { moved: 7 }, testCustomers: 1 },
    })
    expect(await ask(`GET /v1/journeys/${key}/versions/1`)).toMatchObject({
      body: { headCount: { total: 0 } },
    })
  })

  test('undone before all were entered it moves nobody else, and brings back who was', async () => {
    const { key, path } = await begin(...many(5))
    const chunks = new MigrationByHand(db(), { enterAtMost: 2 })
    const id = await startedInChunks(key, 1)
    await chunks.run(id, () => 'moved', 1)
    await ask(`POST ${path}/${id}/undo`)
    await chunks.run(id, () => 'undone')
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'undone', people: { undone: 1, stayed: 1 } },
    })
    expect(await entered(id)).toBe(2)
    expect(await ask(`GET /v1/journeys/${key}/versions/1`)).toMatchObject({
      body: { headCount: { total: 5 } },
    })
  })

  test('a canary paused between two chunks goes on with the same share', async () => {
    const { key, path } = await begin(...many(12))
    const chunks = new MigrationByHand(db(), { enterAtMost: 2 })
    const share = 0.9
    const id = await startedInChunks(key, 12, share)
    await chunks.run(id, () => 'moved', 1)
    await ask(`POST ${path}/${id}/pause`)
    expect((await ask(`POST ${path}/${id}/resume`, {})).status).toBe(200)
    await chunks.run(id, () => 'moved')
    expect(await entered(id)).toBe(12)
    const below = await belowShare(id, share)
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'paused', people: { moved: below } },
    })
    expect(codes(await ask(`POST ${path}/${id}/resume`, {}))).toEqual(['/canary canary_too_small'])
  })

  test('a run that could not be moved when it was undone is left alone', async () => {
    const { path } = await begin({})
    const id = await started(path)
    await engine.round(id)
    await ask(`POST ${path}/${id}/undo`)
    await engine.answer(() => 'busy')
    await engine.run(id, () => 'undone')
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'undone', people: { stayed: 1 } },
    })
  })

  test('pauses when the new version is stopped: nobody is taken there to leave at once', async () => {
    const { key, path } = await begin(...many(4))
    const id = await started(path, { perSecond: 1 })
    await engine.run(id, () => 'moved', 1)
    await ask(`POST /v1/journeys/${key}/versions/2/stop`)
    await engine.run(id, () => 'moved')
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'paused', people: { moved: 1, waiting: 3 } },
    })
    expect((await ask(`POST ${path}/${id}/resume`, {})).status).toBe(409)
    expect((await ask(`POST ${path}/${id}/undo`)).status).toBe(200)
  })

  test('brings nobody back to a version that is stopped on the way', async () => {
    const { key, path } = await begin(...many(3))
    const id = await started(path, { perSecond: 2 })
    await engine.run(id, () => 'moved')
    await ask(`POST ${path}/${id}/undo`)
    await engine.run(id, () => 'undone', 1)
    await ask(`POST /v1/journeys/${key}/versions/1/stop`)
    await engine.run(id, () => 'undone')
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: {
        status: 'undone',
        people: { undone: 2, kept: 1 },
        left: [{ status: 'kept', reason: 'Version 1 was stopped meanwhile.' }],
      },
    })
  })

  test('paused it asks nobody, and takes answers; there is one at a time', async () => {
    const { path } = await begin(...many(4))
    const id = await started(path, { perSecond: 2 })
    expect((await ask(`POST ${path}`, plan())).status).toBe(409)
    await engine.run(id, () => 'busy', 1)
    expect(await ask(`POST ${path}/${id}/pause`)).toMatchObject({ body: { status: 'paused' } })
    expect(await engine.run(id, () => 'moved')).toBe(1)
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({ body: { people: { waiting: 4 } } })
    const second = await started(path)
    expect((await ask(`POST ${path}/${id}/resume`, {})).status).toBe(409)
    await engine.run(second, () => 'moved')
    await ask(`POST ${path}/${id}/resume`, {})
    await engine.run(id, () => 'moved')
    expect(await ask(`GET ${path}/${id}`)).toMatchObject({
      body: { status: 'done', people: { gone: 4 } },
    })
    const ids = async (query: string) => {
      const { body } = await ask(`GET ${path}${query}`)
      return { ids: body.data.map(({ migrationId }) => migrationId), next: body.nextCursor }
    }
    const { ids: newest, next } = await ids('?limit=1')
    expect(newest).toEqual([second])
    expect(await ids(`?limit=1&cursor=${next ?? ''}`)).toEqual({ ids: [id], next: null })
  })

  test('is a command: recorded, repeated by key, for scope publish', async () => {
    const { path } = await begin({})
    const headers = { 'idempotency-key': randomUUID() }
    const first = await ask(`POST ${path}`, plan(), headers)
    expect(first.status).toBe(201)
    expect(await ask(`POST ${path}`, plan(), headers)).toEqual(first)
    const id = first.body.migrationId
    await ask(`POST ${path}/${id}/pause`)
    const { body } = await ask('GET /v1/commands?limit=2')
    expect(body.data).toMatchObject([
      { action: 'migration.pause', target: `migration/${id}`, after: { status: 'paused' } },
      { action: 'journey.migrate', after: { migrationId: id, from: 1, to: 2 } },
    ])
    const key = await api.keyWith('read')
    const denied = await api.request(`POST ${path}`, { body: plan(), key })
    expect(denied.status).toBe(403)
  })

  test('keeps both versions in the rules for as long as anybody may come to them', async () => {
    const key = `journey-${randomUUID()}`
    const heard = (event: string): Step => ({
      type: 'waitFor',
      event,
      within: 'P9D',
      next: 'bye',
      onTimeout: 'bye',
    })
    const [old, fresh] = [`Old ${key}`, `New ${key}`]
    for (const event of [old, fresh])
      await ask(`POST /v1/journeys/${key}/versions`, flow(key, heard(event)))
    await insertRun(db(), { journey: key })
    const path = `/v1/journeys/${key}/migrations`
    const id = await started(path)
    await engine.run(id, () => 'moved')
    const named = async (): Promise<boolean> => {
      const { book } = await db()
        .selectFrom('rule_book')
        .innerJoin('rule_books', 'rule_books.hash', 'rule_book.hash')
        .select('book')
        .executeTakeFirstOrThrow()
      return Object.hasOwn(book.events, old)
    }
    // More than a day later the old version, in which nobody is, has left the book.
    await db()
      .updateTable('journey_versions')
      .set({ superseded_at: new Date(0) })
      .where('key', '=', key)
      .where('version', '=', 1)
      .execute()
    await ask('POST /v1/journeys/bystander/versions', flow('bystander', wait('P1D')))
    expect(await named()).toBe(false)
    await ask(`POST ${path}/${id}/undo`)
    expect(await named()).toBe(true)
  })
})

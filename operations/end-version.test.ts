import { beforeAll, beforeEach, describe, expect, test, vi } from 'vitest'
import { sql } from 'kysely'
import { getRuleBookInForce, getRuleBook } from '../db/rule-book-in-force.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { closeVersion } from './close-version.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { publishJourney } from './publish-journey.ts'
import { stopVersion } from './stop-version.ts'
import { startSweeper } from './sweeper.ts'

const NOW_MS = Date.UTC(2026, 2, 2, 9)
const HOUR_MS = 60 * 60 * 1000
const DAY_MS = 24 * HOUR_MS

describeOnEachDatabase('ending a version', (db) => {
  let nowMs = NOW_MS
  let key = ''
  let journeys = 0
  let woken: string[] = []
  const definition = (change: Partial<Journey> = {}): Journey => ({
    key,
    class: 'service',
    arbitration: { mode: 'auto', value: 1 },
    entry: { on: [{ event: `${key} began` }] },
    start: 'rest',
    steps: { rest: { type: 'wait', for: 'P3D', next: 'end' }, end: { type: 'exit' } },
    ...change,
  })
  const deps = () => ({
    db: db(),
    now: () => nowMs,
    onPending: (ids: string[]) => void woken.push(...ids),
  })
  const publish = (change: Partial<Journey> = {}) =>
    publishJourney(
      { db: db(), nowMs: () => nowMs },
      { keyId: null, definition: definition(change), note: null },
    )
  const close = (version: number) => closeVersion(deps(), { key, version, keyId: 'k' })
  const stop = (version: number) => stopVersion(deps(), { key, version, keyId: 'k' })
  const rules = async () => {
    const { hash, entry_rules: entryRules } = await getRuleBookInForce(db())
    return { entryRules, book: await getRuleBook(db(), hash) }
  }
  const statuses = async () => {
    const rows = await db()
      .selectFrom('journey_versions')
      .select(['status', 'ended_at'])
      .where('key', '=', key)
      .orderBy('version')
      .execute()
    return rows.map(({ status, ended_at }) => [status, ended_at?.getTime() ?? null])
  }
  /** People inside a version, as actors write them down: `<prefix>1` and so on. */
  const letIn = async (
    version: number,
    count: number,
    { prefix = `${key}-`, clockOffsetMs = 0, status = 'waiting' } = {},
  ) => {
    await sql`
      insert into customers (customer_id, created_at, last_batch, clock_offset_ms, test)
      select ${prefix} || n, now(), 1, ${clockOffsetMs}, ${clockOffsetMs > 0}
      from generate_series(1, ${count}) n on conflict do nothing`.execute(db())
    await sql`
      insert into runs (run_id, customer_id, journey, version, status, step, since, entered_at,
        locked, turn)
      select ${prefix} || n || '/' || ${version}::int, ${prefix} || n, ${key}, ${version}, ${status},
        'rest', now(), now(), false, 1
      from generate_series(1, ${count}) n`.execute(db())
  }
  const told = () =>
    db()
      .selectFrom('events')
      .select(['customer_id', 'type', 'payload', 'status', 'received_at'])
      .where(sql<string>`payload->>'journey'`, '=', key)
      .orderBy('customer_id')
      .execute()
  const sweep = async (until: () => Promise<void>) => {
    const sweeper = startSweeper({
      db: db(),
      dispatcher: { wake: (ids) => void woken.push(...ids), hasRoom: () => false },
      onError: (error) => expect.unreachable(String(error)),
      everyMs: 5,
      now: () => nowMs,
    })
    await vi.waitFor(until, { timeout: 20_000 })
    await sweeper.stop()
  }

  beforeAll(() => ensureRuleBook({ db: db() }))
  beforeEach(() => {
    key = `ended-${(journeys += 1)}`
    nowMs = NOW_MS
    woken = []
  })

  describe('closeVersion', () => {
    test('lets nobody in any more, and nobody out', async () => {
      await publish()
      await letIn(1, 2)
      expect((await rules()).entryRules).toHaveProperty(`${key} began`)
      nowMs += HOUR_MS
      await close(1)
      expect(await statuses()).toEqual([['closed', NOW_MS + HOUR_MS]])
      const { entryRules, book } = await rules()
      expect(entryRules).not.toHaveProperty(`${key} began`)
      expect(book.events).toHaveProperty(`${key} began`)
      expect(book.stopped).toBeUndefined()
      expect([await told(), woken]).toEqual([[], []])
    })

    test('takes entries on a lifecycle change out of the book', async () => {
      const entries = async () =>
        (await rules()).book.lifecycleEntries.filter(({ journey }) => journey === key)
      await publish({ entry: { on: [{ lifecycle: 'at_risk' }] } })
      expect(await entries()).toHaveLength(1)
      await close(1)
      expect(await entries()).toEqual([])
    })

    test('the same content can be published again, as the next version', async () => {
      await publish()
      await close(1)
      expect(await publish()).toMatchObject({ status: 'created', version: 2 })
      expect((await statuses()).map(([status]) => status)).toEqual(['closed', 'live'])
    })

    test('is refused where nobody enters anyway, and says why', async () => {
      await publish()
      await publish({ queueFor: 'P1D' })
      await expect(close(1)).rejects.toMatchObject({
        code: 'conflict',
        message: expect.stringContaining('a newer version took its place'),
      })
      await close(2)
      await expect(close(2)).rejects.toMatchObject({
        code: 'conflict',
        message: `Version 2 of "${key}" is closed already.`,
      })
      await stop(2)
      await expect(close(2)).rejects.toMatchObject({ code: 'conflict' })
      await expect(close(3)).rejects.toMatchObject({ code: 'not_found' })
      key = 'nowhere'
      await expect(close(1)).rejects.toMatchObject({ code: 'not_found' })
    })

    test('is written down', async () => {
      await publish()
      await close(1)
      const commands = await db()
        .selectFrom('commands')
        .select(['key_id', 'action', 'before', 'after'])
        .where('target', '=', `journey/${key}@1`)
        .execute()
      expect(commands).toEqual([
        {
          key_id: 'k',
          action: 'journey.close',
          before: { status: 'live' },
          after: { status: 'closed' },
        },
      ])
    })
  })

  describe('stopVersion', () => {
    test('tells everybody inside to leave, on the clock of each, and nobody else', async () => {
      await publish()
      await publish({ queueFor: 'P1D' })
      await letIn(1, 1, { prefix: `${key}-other-` })
      await letIn(2, 1)
      await letIn(2, 1, { prefix: `${key}-paused-`, status: 'paused' })
      await letIn(2, 1, { prefix: `${key}-test-`, clockOffsetMs: DAY_MS })
      await letIn(2, 1, { prefix: `${key}-gone-`, status: 'ended' })
      await stop(2)
      const payload = { journey: key, version: 2, reason: 'version_stopped' }
      const command = { type: 'exit', payload, status: 'pending' }
      expect(await told()).toEqual([
        { ...command, customer_id: `${key}-1`, received_at: new Date(NOW_MS) },
        { ...command, customer_id: `${key}-paused-1`, received_at: new Date(NOW_MS) },
        { ...command, customer_id: `${key}-test-1`, received_at: new Date(NOW_MS + DAY_MS) },
      ])
      expect(woken.toSorted()).toEqual([`${key}-1`, `${key}-paused-1`, `${key}-test-1`])
      expect(await statuses()).toEqual([
        ['superseded', null],
        ['stopped', NOW_MS],
      ])
      expect((await rules()).entryRules).not.toHaveProperty(`${key} began`)
    })

    test('names its content in the book until nobody can be inside', async () => {
      const { hash } = await publish()
      await letIn(1, 1)
      await stop(1)
      expect((await rules()).book.stopped).toContain(hash)
      await sql`update runs set status = 'ended' where journey = ${key}`.execute(db())
      nowMs += 2 * DAY_MS
      key = `${key}-other`
      await publish()
      expect((await rules()).book.stopped ?? []).not.toContain(hash)
    })

    test('who is inside the same content, published again, stays', async () => {
      const { hash } = await publish()
      await letIn(1, 1)
      await stop(1)
      expect(await publish()).toMatchObject({ status: 'created', version: 2, hash })
      expect((await rules()).book.stopped ?? []).not.toContain(hash)
      await letIn(2, 1, { prefix: `${key}-new-` })
      await letIn(1, 1, { prefix: `${key}-late-` })
      await sweep(async () => expect(await told()).toHaveLength(2))
      expect((await told()).map(({ customer_id: id }) => id)).toEqual([`${key}-1`, `${key}-late-1`])
    })

    test('a superseded and a closed version can be stopped; a stopped one cannot', async () => {
      await publish()
      await publish({ queueFor: 'P1D' })
      await stop(1)
      await close(2)
      await stop(2)
      expect((await statuses()).map(([status]) => status)).toEqual(['stopped', 'stopped'])
      await expect(stop(2)).rejects.toMatchObject({
        code: 'conflict',
        message: `Version 2 of "${key}" is stopped already.`,
      })
      await expect(stop(3)).rejects.toMatchObject({ code: 'not_found' })
    })

    test('a book that is too large is no reason to go on', async () => {
      const on = Array.from({ length: 600 }, (_, n) => ({
        event: `${key}: a rather long name of an event that lets people in, number ${n}`,
      }))
      await publish()
      await db()
        .updateTable('journey_versions')
        .set({ definition: JSON.stringify(definition({ entry: { on } })) })
        .where('key', '=', key)
        .execute()
      await stop(1)
      expect((await statuses()).map(([status]) => status)).toEqual(['stopped'])
      expect(JSON.stringify((await rules()).book).length).toBeGreaterThan(32 * 1024)
      await sql`update journey_versions set definition = ${JSON.stringify(definition())}
        where key = ${key}`.execute(db())
    })
  })

  describe('the sweeper', () => {
    test('tells whoever was on the way in, and each only once', async () => {
      await publish()
      await letIn(1, 1)
      await stop(1)
      await letIn(1, 1, { prefix: `${key}-late-` })
      await sweep(async () => expect(await told()).toHaveLength(2))
      expect(woken).toEqual([`${key}-1`, `${key}-late-1`])
      await sql`update events set status = 'batched' where type = 'exit'`.execute(db())
      await sweep(async () => {})
      expect(await told()).toHaveLength(2)
    })

    test('goes on where one statement ends: thousands leave', { timeout: 60_000 }, async () => {
      await publish()
      await letIn(1, 12_000)
      await stop(1)
      expect(await told()).toHaveLength(5_000)
      await sweep(async () => expect(await told()).toHaveLength(12_000))
      expect(new Set(woken).size).toBe(12_000)
    })
  })
})

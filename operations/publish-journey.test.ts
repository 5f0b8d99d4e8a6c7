import type { Kysely } from 'kysely'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { publishJourney } from './publish-journey.ts'

const START_MS = Date.UTC(2026, 0, 5)
const DAY_MS = 24 * 60 * 60 * 1000

const journey = (key: string, change: Partial<Journey> = {}): Journey => ({
  key,
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: `${key} began` }] },
  start: 'end',
  steps: { end: { type: 'exit' } },
  ...change,
})

describeOnEachDatabase('publishJourney', (db) => {
  let nowMs = START_MS
  const publish = (definition: unknown, input: { key?: string; note?: string } = {}) =>
    publishJourney(
      { db: db(), nowMs: () => nowMs },
      { keyId: 'key-1', definition, note: null, ...input },
    )

  beforeAll(() => ensureRuleBook({ db: db() }))
  beforeEach(() => {
    nowMs = START_MS
  })

  test('the first start puts the default book in force, and no later one changes it', async () => {
    const first = await inForce(db())
    await ensureRuleBook({ db: db() })
    expect(await inForce(db())).toEqual(first)
    expect(first).toMatchObject({ publication: 1, entryRules: {} })
    expect(first.book.hash).toBe(first.hash)
  })

  test('makes a version, and of the same content only one', async () => {
    const created = await publish(journey('same', { title: 'Same' }), { note: 'first' })
    expect(created).toMatchObject({
      status: 'created',
      key: 'same',
      version: 1,
      note: 'first',
      publishedAt: new Date(START_MS),
    })
    expect(created.hash).toMatch(/^[0-9a-f]{64}$/)
    const before = await inForce(db())
    const reordered = Object.fromEntries(
      Object.entries(journey('same', { title: 'Same' })).toReversed(),
    )
    nowMs += DAY_MS
    expect(await publish(reordered, { note: 'second' })).toEqual({ ...created, status: 'existing' })
    expect(await inForce(db())).toEqual(before)
  })

  test('supersedes the version before; older content comes back as a new version', async () => {
    const one = await publish(journey('back'))
    const two = await publish(journey('back', { title: 'Other' }))
    const three = await publish(journey('back'))
    expect([one.version, two.version, three.version]).toEqual([1, 2, 3])
    expect(three.hash).toBe(one.hash)
    const rows = await db()
      .selectFrom('journey_versions')
      .select(['version', 'status', 'superseded_at'])
      .where('key', '=', 'back')
      .orderBy('version')
      .execute()
    expect(rows).toEqual([
      { version: 1, status: 'superseded', superseded_at: new Date(START_MS) },
      { version: 2, status: 'superseded', superseded_at: new Date(START_MS) },
      { version: 3, status: 'live', superseded_at: null },
    ])
  })

  test('puts the entry rules of live versions in force', async () => {
    await publish(journey('entries'))
    await publish(journey('entries', { entry: { on: [{ event: 'entries began anew' }] } }))
    const { entryRules, book } = await inForce(db())
    expect(entryRules['entries began']).toBeUndefined()
    expect(entryRules['entries began anew']).toMatchObject([{ journey: 'entries', version: 2 }])
    expect(book.events).toHaveProperty('entries began')
    expect(book.events).toHaveProperty('entries began anew')
  })

  test('a superseded version stays in the book for a day, and as long as it has runs', async () => {
    const events = async () => Object.keys((await inForce(db())).book.events)
    await publish(journey('old'))
    nowMs += DAY_MS
    await publish(journey('old', { entry: { on: [{ event: 'old 2' }] } }))
    await insertRun(db(), { journey: 'old', version: 1 })
    nowMs += 2 * DAY_MS
    await publish(journey('unrelated'))
    expect(await events()).toContain('old began')
    await db().updateTable('runs').set({ status: 'ended' }).execute()
    await publish(journey('unrelated', { title: 'Again' }))
    expect(await events()).not.toContain('old began')
    expect(await events()).toContain('old 2')
  })

  test('a publication that names nothing new leaves the book as it is', async () => {
    await publish(journey('calm'))
    const before = await inForce(db())
    await publish(journey('calm', { title: 'Calm' }))
    const after = await inForce(db())
    expect(after.hash).toBe(before.hash)
    expect(after.publication).toBe(before.publication + 1)
  })

  test('writes down who published what', async () => {
    await publish(journey('noted'))
    const created = await publish(journey('noted', { title: 'Noted' }), { note: 'why' })
    const command = await db()
      .selectFrom('commands')
      .select(['key_id', 'action', 'target', 'before', 'after'])
      .orderBy('command_id', 'desc')
      .limit(1)
      .executeTakeFirstOrThrow()
    expect(command).toMatchObject({
      key_id: 'key-1',
      action: 'journey.publish',
      target: 'journey/noted',
      before: { version: 1 },
      after: { version: 2, hash: created.hash, note: 'why' },
    })
  })

  test('refuses with all findings and changes nothing', async () => {
    const before = await inForce(db())
    const refused = await publish({ ...journey('bad'), start: 'gone', lane: 'service' }).catch(
      (error: unknown) => error,
    )
    expect(refused).toBeInstanceOf(DomainError)
    expect(refused).toMatchObject({
      code: 'unacceptable',
      findings: [{ code: 'not_supported_yet' }, { code: 'dangling_link' }],
    })
    await expect(publish(journey('bad'), { key: 'good' })).rejects.toMatchObject({
      findings: [{ code: 'key_mismatch', path: '/key' }],
    })
    expect(await inForce(db())).toEqual(before)
  })

  test('refuses a journey with which the book would be too large', async () => {
    const on = Array.from({ length: 400 }, (_, index) => ({
      event: `a rather long name of an event, number ${index}`,
    }))
    await expect(publish(journey('large', { entry: { on } }))).rejects.toMatchObject({
      findings: [{ code: 'rule_book_too_large' }],
    })
    const rows = await db()
      .selectFrom('journeys')
      .select('key')
      .where('key', '=', 'large')
      .execute()
    expect(rows).toEqual([])
  })

  test('publications at the same time follow each other', async () => {
    const { publication } = await inForce(db())
    const results = await Promise.all(
      Array.from({ length: 8 }, (_, index) => publish(journey('race', { title: `${index % 4}` }))),
    )
    const versions = results.map(({ version }) => version)
    const created = results.filter(({ status }) => status === 'created')
    expect(Math.max(...versions)).toBe(created.length)
    expect(new Set(created.map(({ version }) => version)).size).toBe(created.length)
    expect((await inForce(db())).publication).toBe(publication + created.length)
  })
})

async function inForce(db: Kysely<Database>) {
  return db
    .selectFrom('rule_book')
    .innerJoin('rule_books', 'rule_books.hash', 'rule_book.hash')
    .select(['rule_book.publication', 'rule_book.hash', 'entry_rules as entryRules', 'book'])
    .executeTakeFirstOrThrow()
}

async function insertRun(
  db: Kysely<Database>,
  run: { journey: string; version: number },
): Promise<void> {
  const at = new Date(START_MS)
  await db.insertInto('customers').values({ customer_id: 'c1', created_at: at }).execute()
  await db
    .insertInto('runs')
    .values({
      ...run,
      run_id: 'r1',
      customer_id: 'c1',
      status: 'waiting',
      step: 'end',
      since: at,
      entered_at: at,
      locked: false,
      turn: 1,
    })
    .execute()
}

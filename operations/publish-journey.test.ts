import type { Kysely } from 'kysely'
import { beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Database } from '../db/schema.ts'
import { DomainError } from '../domain/errors.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { ensureRuleBook } from './ensure-rule-book.ts'
import { publishJourney } from './publish-journey.ts'
import { rollbackJourney } from './rollback-journey.ts'

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
  const deps = () => ({ db: db(), nowMs: () => nowMs })
  const publish = (
    definition: unknown,
    input: { key?: string; note?: string; base?: number } = {},
  ) => publishJourney(deps(), { keyId: 'key-1', definition, note: null, ...input })

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
    const two = await publish(journey('back', { queueFor: 'P1D' }))
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
    await publish(journey('unrelated', { queueFor: 'P1D' }))
    expect(await events()).not.toContain('old began')
    expect(await events()).toContain('old 2')
  })

  test('a publication that names nothing new leaves the book as it is', async () => {
    await publish(journey('calm'))
    const before = await inForce(db())
    await publish(journey('calm', { queueFor: 'P1D' }))
    const after = await inForce(db())
    expect(after.hash).toBe(before.hash)
    expect(after.publication).toBe(before.publication + 1)
  })

  test('writes down who published what', async () => {
    await publish(journey('noted'))
    const created = await publish(journey('noted', { queueFor: 'P1D' }), { note: 'why' })
    expect(await lastCommand(db())).toMatchObject({
      key_id: 'key-1',
      action: 'journey.publish',
      target: 'journey/noted',
      before: { version: 1 },
      after: { version: 2, hash: created.hash, note: 'why' },
    })
  })

  test('refuses with all findings and changes nothing', async () => {
    const before = await inForce(db())
    const refused = await publish({ ...journey('bad'), start: 'gone', holdout: 0.1 }).catch(
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
    const on = Array.from({ length: 100 }, (_, index) => ({
      event: `${'a rather long name of an event, '.repeat(6)}number ${index}`,
      when: `event.properties.${'long'.repeat(50)} == 1`,
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

  describe('what shapes a run makes a version', () => {
    const texts = (html: string) => ({ hi: { email: { subject: 'Hi', html } } })
    const whole = (parts: Partial<Journey>) =>
      journey('shape', {
        steps: { hi: { type: 'message', message: 'hi', next: 'end' }, end: { type: 'exit' } },
        start: 'hi',
        messages: texts('<p>Hi</p>'),
        ...parts,
      })

    test.each<[string, Partial<Journey>]>([
      ['a step', { steps: { ...whole({}).steps, end: { type: 'exit', reason: 'bye' } } }],
      ['a text', { messages: texts('<p>Hello</p>') }],
      ['a condition', { entry: { on: [{ event: 'shape began' }], when: "has('email')" } }],
      ['the arbitration', { arbitration: { mode: 'auto', value: 2 } }],
      ['the class', { class: 'relationship' }],
      ['how long it waits in the queue', { queueFor: 'P1D' }],
    ])('%s', async (_, change) => {
      const before = await publish(whole({}))
      const after = await publish(whole(change))
      expect(after.hash).not.toBe(before.hash)
      expect(after).toMatchObject({ status: 'created', version: before.version + 1 })
    })

    test('the title does not: it is the name of the journey from now on', async () => {
      const before = await publish(whole({ title: 'One' }), { note: 'first' })
      const rules = await inForce(db())
      expect(await publish(whole({ title: 'Other' }))).toEqual({ ...before, status: 'existing' })
      expect(await inForce(db())).toEqual(rules)
      const { title } = await db()
        .selectFrom('journeys')
        .select('title')
        .where('key', '=', 'shape')
        .executeTakeFirstOrThrow()
      expect(title).toBe('Other')
      expect(await lastCommand(db())).toMatchObject({
        action: 'journey.rename',
        before: { title: 'One' },
        after: { title: 'Other' },
      })
    })

    test('a version whose hash was made otherwise is recognised by its content', async () => {
      const before = await publish(whole({ title: 'Old' }))
      await db()
        .updateTable('journey_versions')
        .set({ hash: 'made by an earlier release' })
        .where('key', '=', 'shape')
        .where('version', '=', before.version)
        .execute()
      expect(await publish(whole({ title: 'Old' }))).toEqual({
        ...before,
        hash: 'made by an earlier release',
        status: 'existing',
      })
    })
  })

  describe('publications at the same time', () => {
    const change = (n: number) => journey('race', { queueFor: `P${n + 1}D` })
    /** All of them come in before the first one is through. */
    const atOnce = (definition: Journey) =>
      publishJourney(
        { db: db(), nowMs: () => nowMs + 1 },
        { keyId: null, definition, note: null, requestedAtMs: nowMs },
      )
    const outcomes = async (calls: Promise<{ status: string; version: number }>[]) =>
      (await Promise.allSettled(calls)).map((result) =>
        result.status === 'fulfilled' ? result.value : (result.reason as unknown),
      )

    test('one wins; the others are told which', async () => {
      const before = await publish(change(10))
      const { publication } = await inForce(db())
      const results = await outcomes([0, 1, 2, 3].map((n) => atOnce(change(n))))
      const won = results.filter((result) => !(result instanceof DomainError))
      expect(won).toMatchObject([{ status: 'created', version: before.version + 1 }])
      const lost = results.filter((result) => result instanceof DomainError)
      expect(lost).toHaveLength(3)
      for (const each of lost)
        expect(each).toMatchObject({
          code: 'newer_version',
          details: {
            key: 'race',
            version: before.version + 1,
            publishedAt: new Date(nowMs + 1).toISOString(),
          },
        })
      expect((await inForce(db())).publication).toBe(publication + 1)
    })

    test('the first ones of a journey too', async () => {
      const results = await outcomes([0, 1].map((n) => atOnce({ ...change(n), key: 'race-anew' })))
      expect(results.filter((result) => result instanceof DomainError)).toHaveLength(1)
    })

    test('of the same content all succeed, and one makes the version', async () => {
      nowMs += DAY_MS
      const results = await outcomes([1, 2, 3].map(() => atOnce(change(20))))
      expect(results.map((result) => (result as { status: string }).status).toSorted()).toEqual([
        'created',
        'existing',
        'existing',
      ])
      expect(new Set(results.map((result) => (result as { version: number }).version)).size).toBe(1)
    })

    test('of different journeys do not touch each other', async () => {
      const results = await outcomes(
        ['x', 'y', 'z'].map((key) => publish({ ...change(30), key: `race-${key}` })),
      )
      expect(results).toMatchObject([{ version: 1 }, { version: 1 }, { version: 1 }])
    })
  })

  describe('with the version that the caller has seen', () => {
    test('is refused when another one has followed it, and passes on top of that', async () => {
      await publish(journey('seen'), { base: 0 })
      await publish(journey('seen', { queueFor: 'P1D' }), { base: 1 })
      const mine = journey('seen', { queueFor: 'P2D' })
      await expect(publish(mine, { base: 1 })).rejects.toMatchObject({
        code: 'newer_version',
        details: { key: 'seen', version: 2 },
      })
      await expect(publish(mine, { base: 0 })).rejects.toMatchObject({ code: 'newer_version' })
      await expect(publish(mine, { base: 7 })).rejects.toMatchObject({ code: 'not_found' })
      expect(await publish(mine, { base: 2 })).toMatchObject({ version: 3, status: 'created' })
    })

    test('what is live already is no conflict', async () => {
      await publish(journey('again'), { base: 0 })
      expect(await publish(journey('again'), { base: 0 })).toMatchObject({ status: 'existing' })
    })
  })

  describe('rollbackJourney', () => {
    const rollback = (key: string, to: number) =>
      rollbackJourney(deps(), { key, to, keyId: 'key-1' })

    test('publishes the content of an earlier version again', async () => {
      const one = await publish(journey('undone'))
      await publish(journey('undone', { entry: { on: [{ event: 'another' }] } }))
      expect(await rollback('undone', 1)).toMatchObject({
        status: 'created',
        version: 3,
        hash: one.hash,
        note: 'rollback to 1',
      })
      expect((await inForce(db())).entryRules['undone began']).toMatchObject([{ version: 3 }])
      expect(await lastCommand(db())).toMatchObject({
        action: 'journey.publish',
        target: 'journey/undone',
        after: { version: 3, note: 'rollback to 1' },
      })
    })

    test('to what is live changes nothing', async () => {
      await publish(journey('stays'))
      expect(await rollback('stays', 1)).toMatchObject({ status: 'existing', version: 1 })
    })

    test('of what is not there is refused', async () => {
      await expect(rollback('undone', 9)).rejects.toMatchObject({ code: 'not_found' })
      await expect(rollback('nowhere', 1)).rejects.toMatchObject({ code: 'not_found' })
    })

    test('to what the checker would not let pass today is refused with its findings', async () => {
      await publish(journey('strict'))
      await publish(journey('strict', { queueFor: 'P1D' }))
      await db()
        .updateTable('journey_versions')
        .set({ definition: JSON.stringify({ ...journey('strict'), start: 'gone' }) })
        .where('key', '=', 'strict')
        .where('version', '=', 1)
        .execute()
      await expect(rollback('strict', 1)).rejects.toMatchObject({
        code: 'unacceptable',
        findings: [{ code: 'dangling_link' }],
      })
    })
  })
})

async function lastCommand(db: Kysely<Database>) {
  return db
    .selectFrom('commands')
    .select(['key_id', 'action', 'target', 'before', 'after'])
    .orderBy('command_id', 'desc')
    .limit(1)
    .executeTakeFirstOrThrow()
}

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

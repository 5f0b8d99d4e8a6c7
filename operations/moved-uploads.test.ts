import { randomUUID } from 'node:crypto'
import { beforeAll, beforeEach, expect, test } from 'vitest'
import { currentIdentifiers } from '../db/current-identifiers.ts'
import { jsonText } from '../db/json-rows.ts'
import { upsertMerge } from '../db/merges.ts'
import { getRuleBook, lockRuleBookShared } from '../db/rule-book-in-force.ts'
import { takeOver } from '../db/take-over.ts'
import { writeTurnRecord } from '../db/turn-records.ts'
import type { JsonObject } from '../domain/json.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { createEventAcceptor } from './accept-events.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')

describeOnEachDatabase('whoever writes an address moves what platforms know', (db) => {
  let nowMs = NOW_MS
  let userId: string
  let ada: string

  beforeAll(() => putInForce(db(), {}))
  beforeEach(async () => {
    userId = randomUUID()
    ada = await identify({ email: `${userId}@example.com` })
    await upload(ada, { email: `${userId}@example.com` })
  })

  const identify = async (traits: JsonObject, who = userId) => {
    nowMs += 1_000
    const { accept } = createEventAcceptor({ db: db(), now: () => nowMs, onPending: () => {} })
    const [accepted] = await accept([
      { type: 'identify', userId: who, traits, messageId: randomUUID(), historical: false },
    ])
    return accepted!.customerId
  }
  const upload = (customerId: string, traits: JsonObject) =>
    db()
      .insertInto('audience_uploads')
      .values({
        upload_id: randomUUID(),
        customer_id: customerId,
        url: 'https://ads.example',
        list: 'spring',
        platform: 'google',
        class: 'service',
        identifiers: jsonText(currentIdentifiers(traits, 'google')),
        added_at: new Date(nowMs),
        status: 'added',
        due_at: null,
        waits_since: null,
        problem: null,
      })
      .execute()
  const known = async (customerId = ada) =>
    Object.fromEntries(
      (
        await db()
          .selectFrom('audience_uploads')
          .select(['status', 'identifiers'])
          .where('customer_id', '=', customerId)
          .execute()
      ).map(({ status, identifiers }) => [status, identifiers]),
    )
  const of = (email: string) => currentIdentifiers({ email }, 'google')

  test('an event that says another', async () => {
    await identify({ email: 'new@example.com' })
    expect(await known()).toEqual({
      removing: of(`${userId}@example.com`),
      adding: of('new@example.com'),
    })
  })

  test('and none that says the same, or something else', async () => {
    await identify({ email: `${userId}@example.com`, plan: 'pro' })
    expect(await known()).toEqual({ added: of(`${userId}@example.com`) })
  })

  test('nor one that is older than what is known', async () => {
    nowMs -= 3_600_000
    await identify({ email: 'older@example.com' })
    expect(await known()).toEqual({ added: of(`${userId}@example.com`) })
    nowMs += 3_600_000
  })

  test('a step of a journey', async () => {
    await writeTurnRecord(
      db(),
      {
        customerId: ada,
        turn: 1,
        entries: [],
        runs: [],
        deliveries: [],
        traits: { email: 'step@example.com' },
        page: {
          atMs: nowMs + 1_000,
          lifecycle: { state: 'new', sinceMs: nowMs, previous: null, reason: '' },
          deferred: [],
          nextWakeAtMs: null,
        },
        failures: [],
      },
      null,
    )
    expect(await known()).toEqual({
      removing: of(`${userId}@example.com`),
      adding: of('step@example.com'),
    })
  })

  test('a merge: the list holds the winner by the address that both have by then', async () => {
    const eva = await identify({ email: 'eva@example.com' }, `${userId}-eva`)
    await db()
      .transaction()
      .execute(async (trx) => {
        const mergeId = randomUUID()
        const { link_id: linkId } = await trx
          .insertInto('pending_links')
          .values({
            customer_id: ada,
            other_customer_id: eva,
            cause: 'alias',
            created_at: new Date(nowMs),
          })
          .returning('link_id')
          .executeTakeFirstOrThrow()
        const pair = { mergeId, linkId, loser: ada, winner: eva }
        const standing = { status: 'leaving', reason: null, detail: null } as const
        await upsertMerge(trx, { ...pair, ...standing }, new Date(nowMs))
        const book = await getRuleBook(trx, await lockRuleBookShared(trx))
        await takeOver(trx, book, { mergeId, exported: {}, runIds: [], lastBatch: 0 }, nowMs)
      })
    expect(await known(eva)).toEqual({
      removing: of(`${userId}@example.com`),
      adding: of('eva@example.com'),
    })
  })
})

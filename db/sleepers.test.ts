import { beforeEach, expect, test } from 'vitest'
import { newCustomer } from '../domain/actor/new-customer.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { beginLife, putToSleep, storeAsleep, takeDueSleepers } from './sleepers.ts'

const NOW_MS = Date.UTC(2026, 0, 5)
const MINUTE_MS = 60_000

describeOnEachDatabase('customers asleep', (db) => {
  let count = 0
  let customerId: string
  beforeEach(async () => {
    customerId = `customer-${++count}`
    await db().deleteFrom('customers').execute()
    await insert(customerId)
  })
  const insert = (id: string) =>
    db()
      .insertInto('customers')
      .values({ customer_id: id, created_at: new Date(NOW_MS) })
      .execute()
  const stateOf = (id: string, lastBatch = 3) => ({
    ...newCustomer({ customerId: id, test: false, zone: 'UTC', known: true }, NOW_MS),
    lastBatch,
  })
  const rowOf = (id: string) =>
    db()
      .selectFrom('customers')
      .select(['actor', 'wake_at', 'next_wake_at', 'snapshot_batch'])
      .where('customer_id', '=', id)
      .executeTakeFirstOrThrow()
  const begin = () =>
    db()
      .transaction()
      .execute((trx) => beginLife(trx, customerId))
  const sleep = (life: number, lastBatch = 3) =>
    putToSleep(db(), {
      snapshot: stateOf(customerId, lastBatch),
      life,
      wakeAtMs: NOW_MS + MINUTE_MS,
    })
  const asleep = (id: string, wakeAtMs: number | null) =>
    db()
      .transaction()
      .execute((trx) => storeAsleep(trx, stateOf(id), wakeAtMs))

  test('are stored with what the actor knew, and when to wake it; a life that begins takes that away', async () => {
    expect(await sleep(await begin())).toBe(true)
    const wakeAt = new Date(NOW_MS + MINUTE_MS)
    expect(await rowOf(customerId)).toEqual({
      actor: 'asleep',
      wake_at: wakeAt,
      next_wake_at: wakeAt,
      snapshot_batch: 3,
    })
    expect(await begin()).toBe(2)
    expect(await rowOf(customerId)).toMatchObject({ actor: 'open', wake_at: null })
  })

  test('are not put to sleep by an earlier life', async () => {
    const first = await begin()
    await begin()
    expect(await sleep(first)).toBe(false)
    expect(await rowOf(customerId)).toMatchObject({ actor: 'open', snapshot_batch: null })
  })

  test('keep what was applied since, when it is tried once more', async () => {
    const life = await begin()
    await sleep(life, 3)
    await db()
      .transaction()
      .execute((trx) => storeAsleep(trx, stateOf(customerId, 4), null))
    expect(await sleep(life, 3)).toBe(true)
    expect(await rowOf(customerId)).toMatchObject({ wake_at: null, snapshot_batch: 4 })
  })

  test('are not put to sleep when they are gone', async () => {
    const life = await begin()
    await db()
      .updateTable('customers')
      .set({ erasing_at: new Date(NOW_MS) })
      .execute()
    expect(await sleep(life)).toBe(false)
  })

  test('are taken when they are due, the longest overdue first, and again when nobody woke them', async () => {
    for (const [id, afterMs] of [
      ['late', -2],
      ['later', -1],
      ['due', 0],
      ['early', 1],
    ] as const) {
      await insert(id)
      await asleep(id, NOW_MS + afterMs)
    }
    await asleep(customerId, null)
    const take = (nowMs: number, limit = 10) =>
      takeDueSleepers(db(), { nowMs, retryMs: MINUTE_MS, limit })
    expect((await take(NOW_MS, 2)).toSorted()).toEqual(['late', 'later'])
    expect(await take(NOW_MS)).toEqual(['due'])
    expect(await take(NOW_MS)).toEqual([])
    expect((await take(NOW_MS + MINUTE_MS)).toSorted()).toEqual(['due', 'early', 'late', 'later'])
  })

  test('are taken by one process each', async () => {
    const ids = Array.from({ length: 40 }, (_, place) => `sleeper-${place}`)
    for (const id of ids) {
      await insert(id)
      await asleep(id, NOW_MS)
    }
    const take = () => takeDueSleepers(db(), { nowMs: NOW_MS, retryMs: MINUTE_MS, limit: 15 })
    const taken = (await Promise.all([take(), take(), take(), take()])).flat()
    expect(taken.toSorted()).toEqual([...new Set(taken)].toSorted())
    const rest = await take()
    expect([...taken, ...rest].toSorted()).toEqual(ids.toSorted())
  })
})

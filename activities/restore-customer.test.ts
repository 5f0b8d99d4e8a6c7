import type { Kysely } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { Database } from '../db/schema.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createRestoreCustomer } from './restore-customer.ts'

const AT = new Date(Date.UTC(2026, 0, 5))

describeOnEachDatabase('restoreCustomer', (db) => {
  let count = 0
  let customerId: string
  const restore = (received?: number[]) =>
    createRestoreCustomer({ db: db() })({
      customerId,
      ...(received === undefined ? {} : { received }),
    })

  beforeEach(() => {
    customerId = `customer-${++count}`
  })

  test('gives nothing but who it is for a customer whose actor starts for the first time', async () => {
    await insertCustomer(db(), customerId, { delivered: [], underWay: 1 })
    expect(await restore([1])).toEqual({
      snapshot: null,
      test: false,
      zone: 'Europe/Madrid',
      known: true,
      life: 1,
    })
  })

  test('the batch that starts an actor is not delivered again, marked or not', async () => {
    await insertCustomer(db(), customerId, { delivered: [], underWay: 1 })
    await restore([1])
    expect(await deliveries(db(), customerId)).toEqual({ epoch: 0, undelivered: [1] })

    customerId = `customer-${++count}`
    await insertCustomer(db(), customerId, { delivered: [1, 2] })
    await restore([1, 2])
    expect(await deliveries(db(), customerId)).toEqual({ epoch: 0, undelivered: [] })
  })

  test('has every batch after the snapshot delivered again that the actor does not hold', async () => {
    await insertCustomer(db(), customerId, { delivered: [4, 5, 6, 7], underWay: 8, snapshot: 5 })
    expect(await restore([8])).toMatchObject({ snapshot: { lastBatch: 5 } })
    expect(await deliveries(db(), customerId)).toEqual({ epoch: 1, undelivered: [6, 7, 8] })
  })

  test('goes by the unbroken row of numbers, not by the highest', async () => {
    await insertCustomer(db(), customerId, { delivered: [6, 7, 8, 9], snapshot: 5 })
    await restore([6, 8])
    expect(await deliveries(db(), customerId)).toEqual({ epoch: 1, undelivered: [7, 8, 9] })
  })

  test('without a snapshot and an inbox delivers all again', async () => {
    await insertCustomer(db(), customerId, { delivered: [1, 2] })
    await restore()
    expect(await deliveries(db(), customerId)).toEqual({ epoch: 1, undelivered: [1, 2] })
  })

  test('says of a customer who was erased, or merged into another, that there is nothing to live for', async () => {
    expect(await restore()).toBeNull()

    await insertCustomer(db(), customerId, { delivered: [1] })
    await db().updateTable('customers').set({ erasing_at: AT }).execute()
    expect(await restore()).toBeNull()

    await db().updateTable('customers').set({ erasing_at: null, merged_into: customerId }).execute()
    expect(await restore()).toBeNull()
  })
})

async function insertCustomer(
  db: Kysely<Database>,
  customerId: string,
  {
    delivered,
    underWay,
    snapshot,
  }: { delivered: readonly number[]; underWay?: number; snapshot?: number },
): Promise<void> {
  await db
    .insertInto('customers')
    .values({
      customer_id: customerId,
      known: true,
      zone: 'Europe/Madrid',
      created_at: AT,
      ...(snapshot === undefined
        ? {}
        : { snapshot: JSON.stringify({ lastBatch: snapshot }), snapshot_batch: snapshot }),
    })
    .execute()
  const batches = [
    ...delivered.map((n) => ({ n, delivered_at: AT })),
    ...(underWay === undefined ? [] : [{ n: underWay, delivered_at: null }]),
  ]
  if (batches.length > 0)
    await db
      .insertInto('batches')
      .values(batches.map((batch) => ({ ...batch, customer_id: customerId, content: '{}' })))
      .execute()
}

async function deliveries(
  db: Kysely<Database>,
  customerId: string,
): Promise<{ epoch: number; undelivered: number[] }> {
  const { delivery_epoch: epoch } = await db
    .selectFrom('customers')
    .select('delivery_epoch')
    .where('customer_id', '=', customerId)
    .executeTakeFirstOrThrow()
  const rows = await db
    .selectFrom('batches')
    .select('n')
    .where('customer_id', '=', customerId)
    .where('delivered_at', 'is', null)
    .orderBy('n')
    .execute()
  return { epoch, undelivered: rows.map(({ n }) => n) }
}

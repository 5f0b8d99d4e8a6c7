import type { Client } from '@temporalio/client'
import { beforeEach, expect, test } from 'vitest'
import { storeAsleep } from '../db/sleepers.ts'
import { newCustomer } from '../domain/actor/new-customer.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { wakeSleepers } from './wake-sleepers.ts'

const NOW_MS = Date.UTC(2026, 0, 5)
const MINUTE_MS = 60_000

describeOnEachDatabase('customers whose sleep is over', (db) => {
  let started: string[] = []
  let isAway = false
  const workflow = {
    start: async (_: string, { workflowId }: { workflowId: string }) => {
      if (isAway) throw new Error('The engine is away')
      started.push(workflowId)
    },
  }
  const client = {
    workflow,
    withDeadline: (_: number, work: () => Promise<unknown>) => work(),
  } as unknown as Client
  const wake = (nowMs = NOW_MS) => wakeSleepers({ db: db(), client, now: () => nowMs })

  beforeEach(async () => {
    started = []
    isAway = false
    await db().deleteFrom('customers').execute()
  })
  const sleepers = async (count: number): Promise<string[]> => {
    const ids = Array.from({ length: count }, (_, place) => `c${place}`)
    for (const customerId of ids) {
      await db()
        .insertInto('customers')
        .values({ customer_id: customerId, created_at: new Date(NOW_MS) })
        .execute()
      const known = { customerId, test: false, zone: 'UTC', known: true }
      await db()
        .transaction()
        .execute((trx) => storeAsleep(trx, newCustomer(known, NOW_MS), NOW_MS - 1))
    }
    return ids.map((id) => `customer/${id}`)
  }

  test('are started, each once, a hundred in a round', async () => {
    const ids = await sleepers(130)
    await wake()
    expect(started).toHaveLength(100)
    await wake()
    await wake()
    expect(started.toSorted()).toEqual(ids.toSorted())
  })

  test('are started by one of several processes', async () => {
    const ids = await sleepers(120)
    await Promise.all([wake(), wake(), wake()])
    await wake()
    expect(started.toSorted()).toEqual(ids.toSorted())
  })

  test('are tried again in a minute while the engine is away', async () => {
    const ids = await sleepers(3)
    isAway = true
    await expect(wake()).rejects.toThrow('The engine is away')
    await wake(NOW_MS + MINUTE_MS / 2)
    isAway = false
    expect(started).toEqual([])
    await wake(NOW_MS + MINUTE_MS)
    expect(started.toSorted()).toEqual(ids)
  })
})

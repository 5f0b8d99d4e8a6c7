import type { Client } from '@temporalio/client'
import type { Kysely } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Database } from '../db/schema.ts'
import { connectTemporal } from '../platform/temporal.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { waitHandled } from './wait-handled.ts'

const T0 = new Date('2026-03-02T09:00:00Z')
const pending = (...seqs: number[]) => seqs.map((seq) => ({ seq, status: 'pending' as const }))

/** A client on whose engine each actor answers with what it has handled; asked about anybody else, it fails. */
function clientOf(
  answer: (workflowId: string, seqs: readonly number[]) => Promise<readonly number[]>,
): Client {
  const workflow = {
    executeUpdateWithStart: async (
      _update: unknown,
      options: {
        args: [{ seqs: number[] }]
        startWorkflowOperation: { options: { workflowId: string } }
      },
    ) => {
      const { workflowId } = options.startWorkflowOperation.options
      const handled = await answer(workflowId, options.args[0].seqs)
      return handled.map((seq) => ({ seq, decisionId: null }))
    },
  }
  return {
    workflow,
    withDeadline: (_at: number, work: () => unknown) => work(),
  } as unknown as Client
}

const insert = (db: Kysely<Database>, customer_id: string) =>
  db.insertInto('customers').values({ customer_id, created_at: T0 }).execute()

// Nobody listens there: an engine that is away.
const client = connectTemporal({ address: '127.0.0.1:1', namespace: 'default' })
afterAll(() => client.connection.close())

describeOnEachDatabase('waitHandled', (db) => {
  beforeAll(async () => {
    for (const id of ['c', 'winner', 'loser']) await insert(db(), id)
  })

  test('answers at once when no actor is concerned', async () => {
    const accepted = [{ seq: 1, status: 'filtered' as const }]
    expect(await waitHandled({ client, db: db() }, { customerId: 'c', accepted })).toEqual({
      handled: true,
      results: [],
    })
  })

  test('answers within its time that it cannot tell when the engine is away', async () => {
    const startedAt = performance.now()
    expect(
      await waitHandled(
        { client, db: db() },
        { customerId: 'c', accepted: pending(1), withinMs: 300 },
      ),
    ).toEqual({ handled: false, results: [] })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })

  test('of a customer who is merged meanwhile, the survivor says the rest', async () => {
    const asked: [string, readonly number[]][] = []
    const answering = clientOf(async (workflowId, seqs) => {
      asked.push([workflowId, seqs])
      if (!workflowId.endsWith('loser')) return seqs
      await db()
        .updateTable('customers')
        .set({ merged_into: 'winner' })
        .where('customer_id', '=', 'loser')
        .execute()
      return [1]
    })
    const deps = { client: answering, db: db() }
    const wait = () => waitHandled(deps, { customerId: 'loser', accepted: pending(1, 2) })
    const { handled, results } = await wait()
    expect([handled, results.map(({ seq }) => seq)]).toEqual([true, [1, 2]])
    expect(asked.map(([, seqs]) => seqs)).toEqual([[1, 2], [2]])
    // Who asks later asks the survivor alone.
    await wait()
    expect(asked.slice(2).map(([workflowId]) => workflowId.replace(/^.*\W/, ''))).toEqual([
      'winner',
    ])
  })
})

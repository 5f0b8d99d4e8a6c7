import { Client, Connection } from '@temporalio/client'
import { afterAll, describe, expect, test } from 'vitest'
import { waitHandled } from './wait-handled.ts'

describe('waitHandled', () => {
  // Nobody listens there: an engine that is away.
  const connection = Connection.lazy({ address: '127.0.0.1:1' })
  const client = new Client({ connection })
  afterAll(() => connection.close())

  test('answers at once when no actor is concerned', async () => {
    const accepted = [{ seq: 1, status: 'filtered' as const }]
    expect(await waitHandled({ client }, { customerId: 'c', accepted })).toEqual({
      handled: true,
      results: [],
    })
  })

  test('answers within its time that it cannot tell when the engine is away', async () => {
    const accepted = [{ seq: 1, status: 'pending' as const }]
    const startedAt = performance.now()
    expect(await waitHandled({ client }, { customerId: 'c', accepted, withinMs: 300 })).toEqual({
      handled: false,
      results: [],
    })
    expect(performance.now() - startedAt).toBeLessThan(1_000)
  })
})

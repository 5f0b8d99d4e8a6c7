import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import { migrate } from '../db/migrate.ts'
import { createTestApi, type TestApi } from '../test/support/api.ts'
import { runCommand, serverOf, words } from '../test/support/command-line.ts'

const AT = new Date('2026-12-10T10:00:00Z')

describe('rumbo customers', () => {
  let database: DatabaseHandle
  let api: TestApi
  beforeAll(async () => {
    database = await connectEmbedded()
    await migrate(database.db)
    api = await createTestApi(database.db)
    await database.db
      .insertInto('customers')
      .values({ customer_id: 'ada', created_at: AT })
      .execute()
  })
  afterAll(() => database.close())

  const customers = async (line: string): Promise<string> =>
    (await runCommand(['customers', ...words(line)], { server: serverOf(api) })).stdout

  test('show says how much of each cap is used', async () => {
    const caps = [{ name: 'one-a-day', max: 1, window: 'P1D' }]
    await api.request('PUT /v1/contact-policy', { body: { caps } })
    expect(await customers('show ada')).toMatch(/cap +used +of +full until\n[^\n]*one-a-day +0 +1/)
  })

  test('show says what is left to whom who does not react', async () => {
    const fatigue = [
      {
        name: 'quiet-readers',
        channel: 'email',
        reactions: ['Email Opened'],
        steps: [{ afterUnanswered: 5, max: 1, per: 'P14D' }],
      },
    ]
    await api.request('PUT /v1/contact-policy', { body: { fatigue } })
    expect(await customers('show ada')).toMatch(
      /fatigue +unanswered +allows\n[^\n]*quiet-readers +0 +everything/,
    )
  })

  test('timeline says why a message did not go out', async () => {
    await database.db
      .insertInto('deliveries')
      .values({
        delivery_id: 'ada.1.1.email',
        customer_id: 'ada',
        run_id: 'ada.1',
        journey: 'welcome',
        version: 1,
        step: 'hello',
        message: 'hello',
        channel: 'email',
        status: 'held',
        reason: 'quiet_hours',
        at: AT,
      })
      .execute()
    expect(await customers('timeline ada')).toContain('hello by email: held, quiet_hours')
  })
})

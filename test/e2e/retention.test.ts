import { setTimeout as sleep } from 'node:timers/promises'
import { ScheduleNotFoundError } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { RETENTION_SCHEDULE } from '../../workflows/retention-messages.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

const DAY_MS = 86_400_000

let rumbo: TestRumbo
beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
})
afterAll(() => rumbo.stop())

const publish = async (document: object) => {
  const { status, body } = await rumbo.call('PUT', '/v1/retention', document)
  expect(status, JSON.stringify(body)).toBe(201)
}
const schedule = async () => {
  try {
    return await rumbo.client.schedule.getHandle(RETENTION_SCHEDULE).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}
const runs = async () =>
  (await rumbo.call('GET', '/v1/retention/runs')).body['data'] as {
    status: string
    askedBy: string | null
    deleted: { events: object[] }
  }[]
const ended = (count: number) =>
  eventually(`${count} runs are over`, async () => {
    const found = await runs()
    return found.length === count && found.every(({ status }) => status === 'done')
      ? found
      : undefined
  })
/** Views that somebody made, which the log holds for so many days. */
const seen = async (...daysAgo: number[]) => {
  for (const days of daysAgo) {
    const timestamp = new Date(Date.now() - days * DAY_MS).toISOString()
    await rumbo.track('ann', 'Article Read', { days }, { timestamp })
  }
  await rumbo.db
    .updateTable('events')
    .set({ recorded_at: new Date(Date.now() - 10 * DAY_MS) })
    .execute()
}
const left = async () => {
  const rows = await rumbo.db
    .selectFrom('events')
    .select('properties')
    .where('name', '=', 'Article Read')
    .orderBy('seq')
    .execute()
  return rows.map(({ properties }) => properties['days'])
}

test('what the rules keep no longer is deleted, daily by a schedule of the engine and when asked for', async () => {
  await seen(1, 40)
  expect(await schedule()).toBeUndefined()
  await publish({ rules: [{ events: ['Article Read'], keepFor: 'P30D' }] })
  const { spec, policies } = await eventually('there is a schedule', schedule)
  expect(spec.calendars).toMatchObject([{ hour: [{ start: 4 }], minute: [{ start: 20 }] }])
  expect(policies.overlap).toBe('SKIP')

  expect((await rumbo.call('POST', '/v1/retention/run')).status).toBe(202)
  const [asked] = await ended(1)
  expect(asked).toMatchObject({ deleted: { events: [{ rule: 0, count: 1 }] } })
  expect(asked?.askedBy).not.toBeNull()
  expect(await left()).toEqual([1])

  // As the engine does each day; two in one second are one to it.
  await seen(50)
  await sleep(1_100)
  await rumbo.client.schedule.getHandle(RETENTION_SCHEDULE).trigger()
  const [daily] = await ended(2)
  expect(daily).toMatchObject({ askedBy: null, deleted: { events: [{ rule: 0, count: 1 }] } })
  expect(await left()).toEqual([1])
})

test('the schedule goes with the rules', async () => {
  await eventually('there is a schedule', schedule)
  await publish({})
  await eventually('it is gone', async () => (await schedule()) === undefined)
})

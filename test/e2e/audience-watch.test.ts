import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { watchScheduleId } from '../../workflows/watch-messages.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

let rumbo: TestRumbo
beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
})
afterAll(() => rumbo.stop())

const watched = async () =>
  (await rumbo.call('GET', '/v1/audiences/tea')).body['watched'] as
    | { members: number; lookedAt: string | null }
    | undefined
const look = async () => {
  const before = (await watched())?.lookedAt
  await rumbo.client.schedule.getHandle(watchScheduleId('tea')).trigger()
  await eventually('everybody was looked at', async () => (await watched())?.lookedAt !== before)
}
const track = (userId: string, properties: object) =>
  rumbo.call('POST', '/v1/track', { userId, event: 'Product Viewed', properties })
const runs = async () =>
  (await rumbo.db.selectFrom('runs').select(['status', 'end_reason']).execute()).map(
    (row) => row.end_reason ?? row.status,
  )

test('a journey is entered by whoever comes into an audience, and left by whoever goes', async () => {
  await track('old', { category: 'tea' })
  const audience = {
    key: 'tea',
    when: "did('Product Viewed', 'category', 'tea') && !did('Product Viewed', 'category', 'coffee')",
    watch: 'P1D',
  }
  expect((await rumbo.call('PUT', '/v1/audiences/tea', audience)).status).toBe(201)
  const ours = "event.properties.audience == 'tea'"
  await rumbo.publish(
    journey('tea-time', {
      entry: { on: [{ event: 'Audience Joined', when: ours }] },
      exit: [{ event: 'Audience Left', when: ours, reason: 'went' }],
      start: 'rest',
      steps: { rest: { type: 'wait', for: 'P9D', next: 'end' }, end: { type: 'exit' } },
    }),
  )
  await eventually('the first look has ended', async () => (await watched())?.lookedAt != null)
  expect(await watched()).toMatchObject({ members: 1 })
  expect(await runs()).toEqual([])

  await track('new', { category: 'tea' })
  await look()
  await eventually('the newcomer is in', async () => (await runs()).includes('waiting'))
  await track('new', { category: 'coffee' })
  await look()
  await eventually('the newcomer has gone', async () => (await runs()).includes('went'))
  expect(await runs()).toEqual(['went'])

  const { watch: _, ...quiet } = audience
  expect((await rumbo.call('PUT', '/v1/audiences/tea', quiet)).status).toBe(201)
  await eventually('the schedule has gone with it', async () => {
    for await (const { scheduleId } of rumbo.client.schedule.list())
      if (scheduleId === watchScheduleId('tea')) return false
    return true
  })
})

import { ScheduleNotFoundError } from '@temporalio/client'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { entryScheduleId } from '../../workflows/entry-messages.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

const BUYERS = 240
const PER_SECOND = 40

let rumbo: TestRumbo
beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
})
afterAll(() => rumbo.stop())

const schedule = async () => {
  try {
    return await rumbo.client.schedule.getHandle(entryScheduleId('late')).describe()
  } catch (error) {
    if (error instanceof ScheduleNotFoundError) return undefined
    throw error
  }
}
const entry = async () => {
  const { body } = await rumbo.call('GET', '/v1/journeys/late/entries')
  const [newest] = body['data'] as { id: string; status: string; entered: number }[]
  return newest
}
const runs = async () =>
  (await rumbo.db.selectFrom('runs').select('customer_id').execute()).map((row) => row.customer_id)
const enteredAtLeast = (count: number) =>
  eventually(`${count} were let in`, async () => ((await entry())?.entered ?? 0) >= count)

test('an audience enters by a schedule, at a rate, paused, resumed and killed, and nobody twice', async () => {
  const bought = (product: string) => ({ products: [{ product_id: product }] })
  const orders = Array.from({ length: BUYERS + 20 }, (_, n) => ({
    type: 'track',
    userId: `buyer-${n}`,
    event: 'Order Completed',
    messageId: `order-${n}`,
    properties: bought(n < BUYERS ? 'P-17' : 'P-1'),
    context: { historical: true },
  }))
  for (let from = 0; from < orders.length; from += 100) {
    const batch = orders.slice(from, from + 100)
    expect((await rumbo.call('POST', '/v1/batch', { batch })).status).toBe(200)
  }
  const audience = {
    key: 'delayed',
    when: "did('Order Completed', 'products.product_id', 'P-17')",
  }
  expect((await rumbo.call('PUT', '/v1/audiences/delayed', audience)).status).toBe(201)
  const { body: counted } = await rumbo.call('POST', '/v1/audiences/count', { key: 'delayed' })
  expect(counted).toMatchObject({ customers: BUYERS + 20, matching: BUYERS })
  await rumbo.publish(
    journey('late', {
      class: 'service',
      entry: {
        on: [],
        audience: {
          key: 'delayed',
          at: { hour: 9, weekdays: ['monday'], zone: 'Europe/Madrid' },
          perSecond: PER_SECOND,
        },
      },
      start: 'rest',
      steps: { rest: { type: 'wait', for: 'P1D', next: 'end' }, end: { type: 'exit' } },
    }),
  )
  const { spec, policies } = await eventually('there is a schedule', schedule)
  expect(spec).toMatchObject({
    timezone: 'Europe/Madrid',
    calendars: [{ hour: [{ start: 9 }], dayOfWeek: [{ start: 'MONDAY' }] }],
  })
  expect(policies.overlap).toBe('SKIP')

  await rumbo.client.schedule.getHandle(entryScheduleId('late')).trigger()
  await enteredAtLeast(PER_SECOND)
  await rumbo.stopWorkers()
  const { id = '', entered = 0 } = (await entry()) ?? {}
  expect(entered).toBeLessThan(BUYERS)
  await rumbo.startWorkers()
  await enteredAtLeast(entered + PER_SECOND)

  const at = `/v1/journeys/late/entries/${id}`
  const paused = await rumbo.call('POST', `${at}/pause`)
  expect(paused).toMatchObject({ status: 200, body: { status: 'paused' } })
  expect(paused.body['entered']).toBeLessThan(BUYERS)
  expect((await rumbo.call('POST', `${at}/resume`, { perSecond: 200 })).status).toBe(200)
  await eventually('all were let in', async () => (await entry())?.status === 'done')
  expect(await entry()).toMatchObject({ looked: BUYERS + 20, matching: BUYERS, entered: BUYERS })
  await eventually('all are in it', async () => (await runs()).length >= BUYERS, 90_000)
  const inside = await runs()
  expect(inside).toHaveLength(BUYERS)
  expect(new Set(inside).size).toBe(BUYERS)
}, 180_000)

test('the schedule follows the version, and goes with it', async () => {
  const { body } = await rumbo.call('GET', '/v1/journeys/late/versions/1')
  const definition = body['definition'] as { entry: { audience: object } }
  const at = { hour: 18, minute: 30 }
  const later = { ...definition.entry.audience, at }
  const moved = { ...definition, entry: { on: [], audience: later } }
  expect((await rumbo.call('POST', '/v1/journeys/late/versions', moved)).status).toBe(201)
  await eventually('it has the other time', async () => {
    const { spec } = (await schedule()) ?? {}
    return spec?.calendars?.[0]?.hour[0]?.start === 18
  })
  expect((await rumbo.call('POST', '/v1/journeys/late/versions/2/close')).status).toBe(200)
  await eventually('it is gone', async () => (await schedule()) === undefined)
})

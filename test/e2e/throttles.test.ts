import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded, type DatabaseHandle } from '../../db/connect.ts'
import { migrate } from '../../db/migrate.ts'
import { listThrottles } from '../../db/throttles.ts'
import { startThrottler } from '../../operations/throttler.ts'
import { Deliveries } from '../support/deliveries.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

const SENDS = 20
const PER_SECOND = 4

let rumbo: TestRumbo
let receiver: WebhookReceiver
/** Where the policy stands: what it does to the engine is what is looked at here. */
let policies: DatabaseHandle
const sentAtMs: number[] = []

beforeAll(async () => {
  receiver = await startWebhookReceiver(() => {})
  policies = await connectEmbedded()
  await migrate(policies.db)
  rumbo = await startTestRumbo(await connectEmbedded(), {
    beforeSend: async () => void sentAtMs.push(Date.now()),
  })
  await rumbo.publish(
    journey('welcome', {
      class: 'service',
      steps: {
        hello: { type: 'message', message: 'hello', channels: ['webhook'], next: 'done' },
        done: { type: 'exit' },
      },
      messages: { hello: { webhook: { url: receiver.url, body: {} } } },
    }),
  )
})
afterAll(async () => {
  await rumbo.stop()
  await policies.close()
  await receiver.stop()
})

const sendAll = async (who: string): Promise<number> => {
  sentAtMs.length = 0
  for (let n = 0; n < SENDS; n++) await rumbo.track(`${who}-${n}`, 'Signed Up')
  await eventually('all are sent', async () => sentAtMs.length === SENDS, 60_000)
  return Math.max(...sentAtMs) - Math.min(...sentAtMs)
}

test('the engine lets a channel have so many a second as the policy says, and forgets it with the policy', async () => {
  const world = new Deliveries(policies.db)
  await world.enforce({ throttles: [{ channel: 'webhook', perSecond: PER_SECOND }] })
  const refused: unknown[] = []
  const throttler = startThrottler({
    db: policies.db,
    client: rumbo.client,
    onError: () => {},
    onRefused: (_channel, error) => refused.push(error),
    everyMs: 50,
  })
  await eventually('the engine was told', async () => (await listThrottles(policies.db)).length > 0)
  expect(refused).toEqual([])
  expect(await listThrottles(policies.db)).toMatchObject([
    { channel: 'webhook', perSecond: PER_SECOND, problem: null },
  ])
  // Left out is what may come in a burst: two seconds' worth.
  const atLeastMs = ((SENDS - 2 * PER_SECOND) / PER_SECOND) * 1_000
  expect(await sendAll('slow')).toBeGreaterThanOrEqual(atLeastMs)

  await world.enforce({})
  await eventually(
    'the engine was told that there is no limit',
    async () => (await listThrottles(policies.db))[0]?.perSecond === null,
  )
  await throttler.stop()
  const { config } = await rumbo.client.workflowService.describeTaskQueue({
    namespace: 'default',
    taskQueue: { name: 'deliver-webhook' },
    taskQueueType: 2,
    reportConfig: true,
  })
  expect(config?.queueRateLimit?.rateLimit ?? null).toBeNull()
})

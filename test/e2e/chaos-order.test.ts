import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { claimSend } from '../../db/send-claims.ts'
import { journey, mailsAndWaits } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

const DAY_MS = 86_400_000
const CUSTOMERS = 25
/** So often each event is sent. */
const COPIES = 3
const CLIENTS = 40

let rumbo: TestRumbo
/** Whose mails a worker begins and then never ends, as one that is killed. */
const dying = new Set<string>()
const released = Promise.withResolvers<void>()

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded(), {
    beforeSend: async (request) => {
      if (!dying.delete(request.customerId)) return
      await claimSend(rumbo.db, request, { to: '', at: new Date(), isRepeat: false })
      await released.promise
      throw new Error('This worker is long dead')
    },
  })
  await rumbo.publish(
    journey('welcome', {
      exit: [{ when: "count('Product Viewed') > 60", reason: 'seen enough' }],
    }),
    journey('returns', {
      arbitration: { mode: 'manual', rank: 900, lock: 'journey' },
      entry: { on: [{ event: 'Order Refunded' }], reentry: { mode: 'afterExit' } },
      steps: mailsAndWaits('P7D'),
    }),
  )
})
afterAll(async () => {
  released.resolve()
  await rumbo.stop()
})

describe('rows 1 and 2: many clients send the same events, shuffled and again', () => {
  test('every customer ends as one does who is told once and in order', async () => {
    const nowMs = Date.now()
    const ago = (days: number) => new Date(nowMs - days * DAY_MS).toISOString()
    const story = [
      { event: 'Order Completed', days: 70, properties: { order_id: 'o1', revenue: 19.99 } },
      ...[60, 50, 40, 30, 20, 10].map((days) => ({
        event: 'Product Viewed',
        days,
        properties: { product_id: `p${days}` },
      })),
      { event: 'Order Completed', days: 33, properties: { order_id: 'o2', revenue: 50.01 } },
      { event: 'Order Refunded', days: 21, properties: { order_id: 'o1' } },
      { event: 'Order Completed', days: 5, properties: { order_id: 'o3', revenue: 0.1 } },
      { event: 'Signed Up', days: 0, properties: {} },
    ].map(({ days, ...said }) => ({ ...said, timestamp: ago(days) }))
    const customers = await Promise.all(
      Array.from({ length: CUSTOMERS + 1 }, () => TestCustomer.create(rumbo)),
    )
    const [reference, ...others] = customers
    for (const said of story)
      await rumbo.track(reference!.userId, said.event, said.properties, said)

    const calls = others.flatMap(({ userId }) =>
      story.flatMap((said) => {
        const messageId = randomUUID()
        return Array.from({ length: COPIES }, () => ({ ...said, userId, messageId }))
      }),
    )
    const queue = shuffled(calls)
    const client = async (): Promise<void> => {
      for (let said = queue.pop(); said !== undefined; said = queue.pop()) {
        const { status, body } = await rumbo.call('POST', '/v1/track', said)
        expect(status, JSON.stringify(body)).toBe(200)
      }
    }
    await Promise.all(Array.from({ length: CLIENTS }, client))
    await Promise.all(customers.map((customer) => customer.settle()))

    const wanted = await endOf(reference!)
    expect(wanted).toMatchObject({ lifecycle: 'repeater', runs: ['welcome@1:rest waiting'] })
    expect(wanted.mails).toEqual(['welcome'])
    for (const customer of others) expect(await endOf(customer)).toEqual(wanted)
  })
})

describe('row 14: a worker dies in a send, and before that is noticed the customer moves on', () => {
  test('the mail is unknown, the customer is not held up, and the welcome goes on afterwards', async () => {
    const ana = await TestCustomer.create(rumbo)
    dying.add(ana.customerId)
    await ana.track('Signed Up')
    await eventually('the mail has begun', async () => !dying.has(ana.customerId))
    await ana.track('Order Refunded', { order_id: 'o1' })
    await eventually('the death is noticed', async () =>
      (await ana.deliveries()).some(({ status }) => status === 'unknown'),
    )
    await ana.settle()
    expect(await ana.runs()).toEqual(['returns@1:rest waiting', 'welcome@1:hello paused'])
    await ana.forward('P21D')
    expect(await ana.runs()).toEqual([])
    expect(await ana.mails()).toEqual(['returns', 'returns bye', 'welcome bye'])
    expect(await ana.story()).toEqual([
      'entered welcome@1 on Signed Up',
      'paused welcome@1 at hello',
      'entered returns@1 on Order Refunded',
      'left returns@1: completed',
      'resumed welcome@1 at hello',
      'left welcome@1: completed',
    ])
  })
})

async function endOf(customer: TestCustomer) {
  const { facts, lifecycle, journeys, lastBatch: _ } = await customer.state()
  const log = await customer.timeline('event')
  return {
    facts,
    lifecycle: lifecycle.state,
    sinceMs: lifecycle.sinceMs,
    nextAtMs: lifecycle.nextAtMs,
    entries: Object.entries(journeys).map(([key, memory]) => [key, memory.entries]),
    runs: await customer.runs(),
    mails: await customer.mails(),
    decisions: (await customer.decisions()).length,
    events: log.map(({ summary }) => summary).toSorted(),
  }
}

function shuffled<T>(items: readonly T[]): T[] {
  return items
    .map((item) => ({ item, place: Math.random() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ item }) => item)
}

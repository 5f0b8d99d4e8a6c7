import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../../domain/customers/lifecycle-rules.ts'
import { journey, mail, mailsAndWaits } from '../support/journeys.ts'
import { startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

let rumbo: TestRumbo

beforeAll(async () => {
  // Orders are no purchases here: until a journey names them, no rule does, and they are filtered.
  const lifecycle = { ...DEFAULT_LIFECYCLE_RULES, purchase: { event: 'Sold', value: 'amount' } }
  rumbo = await startTestRumbo(await connectEmbedded(), { lifecycle })
  await rumbo.publish(journey('welcome'))
})
afterAll(() => rumbo.stop())

const orders = async (customer: TestCustomer, count: number): Promise<string[]> => {
  for (let n = 0; n < count; n++) await customer.track('Order Completed', { total: n })
  const rows = await rumbo.db
    .selectFrom('events')
    .select('status')
    .where('customer_id', '=', customer.customerId)
    .where('name', '=', 'Order Completed')
    .execute()
  return rows.map(({ status }) => status)
}

describe('five filtered orders, then a publication of count == 1', () => {
  const firstOrder = journey('first-order', {
    entry: { on: [{ event: 'Order Completed', when: "count('Order Completed') == 1" }] },
    messages: {
      hello: mail("You have {{ counts['Order Completed'] }} orders"),
      bye: mail('bye'),
    },
  })

  test('nobody enters but those whose first order it is; a count is over all stored events', async () => {
    const [ana, cleo, dora] = await Promise.all([
      TestCustomer.create(rumbo),
      TestCustomer.create(rumbo),
      TestCustomer.create(rumbo, { consent: false }),
    ])
    await ana.settle()
    const { historyLength } = await ana.actor.describe()
    expect(await orders(ana, 5)).toEqual(Array.from({ length: 5 }, () => 'filtered'))
    expect((await ana.actor.describe()).historyLength).toBe(historyLength)
    expect(await orders(cleo, 1)).toEqual(['filtered'])

    await rumbo.publish(firstOrder)
    await ana.forward('P1D')
    expect([await ana.runs(), await cleo.runs()]).toEqual([[], []])
    expect(await ana.track('Order Completed')).toEqual([])
    expect(await cleo.track('Order Completed')).toEqual([])
    expect((await ana.state()).facts.counters['Order Completed']).toMatchObject({ total: 6 })
    expect((await cleo.state()).facts.counters['Order Completed']).toMatchObject({ total: 2 })
    expect(await ana.mails()).toEqual([])

    await dora.consent(true)
    expect(await dora.track('Order Completed')).toMatchObject([{ outcome: 'enter' }])
    await dora.settle()
    expect(await dora.mails()).toEqual(['You have 1 orders'])
  })
})

describe('a publication is in force for the next batch', () => {
  test('also of a customer who sleeps on another journey', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Signed Up')
    await ana.forward('P5D')
    await ana.track('Cart Left')
    expect(await ana.runs()).toEqual(['welcome@1:rest waiting'])
    await rumbo.publish(
      journey('cart', {
        arbitration: { mode: 'manual', rank: 1 },
        entry: { on: [{ event: 'Cart Left' }] },
        steps: mailsAndWaits('P1D'),
      }),
    )
    expect(await ana.track('Cart Left')).toMatchObject([{ outcome: 'switch' }])
    await ana.settle()
    expect(await ana.runs()).toEqual(['cart@1:rest waiting', 'welcome@1:rest paused'])
  })

  test('publications and events at the same time: every event meets one book or the other', async () => {
    const ana = await TestCustomer.create(rumbo)
    const event = `Event ${randomUUID()}`
    const tracked = Array.from({ length: 10 }, () => ana.track(event))
    const counting = journey('counting', {
      entry: { on: [{ event: 'Never' }], when: `count('${event}') > 100` },
    })
    await Promise.all([...tracked.slice(0, 5), rumbo.publish(counting), ...tracked.slice(5)])
    await ana.track(event)
    expect((await ana.state()).facts.counters[event]?.total).toBe(11)
  })
})

describe('a lifecycle entry that is published while the customer sleeps', () => {
  test('works at the deadline', async () => {
    const ana = await TestCustomer.create(rumbo)
    await ana.track('Product Viewed')
    await ana.forward('P31D')
    expect((await ana.page()).lifecycle?.state).toBe('waiting')
    await rumbo.publish(
      journey('win-back', {
        entry: { on: [{ lifecycle: 'at_risk' }] },
        steps: mailsAndWaits('P3D'),
      }),
    )
    await ana.forward('P58D')
    expect(await ana.mails()).toEqual([])
    await ana.forward('P5D')
    expect((await ana.page()).lifecycle).toMatchObject({ state: 'at_risk', previous: 'waiting' })
    expect(await ana.mails()).toEqual(['win-back', 'win-back bye'])
    expect((await ana.story())[0]).toBe('entered win-back@1 on Lifecycle Changed')
  })
})

import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { JsonObject } from '../../domain/json.ts'
import { fractionOf } from '../../domain/random.ts'
import { examplesCalling, readExample } from '../support/examples.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

/** The journeys in `examples/journeys/`, all live together on the real engine, each for what it is there for. */

const DAY_MS = 86_400_000
const drawAt = new Date(Math.ceil(Date.now() / DAY_MS + 7) * DAY_MS).toISOString()

let rumbo: TestRumbo
let shop: WebhookReceiver

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  shop = await startWebhookReceiver(() => {})
  const sofa = readExample<JsonObject>('audiences/delayed-sofa.json')
  expect((await rumbo.call('PUT', '/v1/audiences/delayed-sofa', sofa)).status).toBe(201)
  await rumbo.publish(...examplesCalling(shop.url).map(soon))
})
afterAll(async () => {
  await rumbo.stop()
  await shop.stop()
})

/** The day of the draw is next week, and half of the tickets win: so that a few tell all. */
const soon = (journey: Journey): Journey => {
  const { draw } = journey.steps
  if (draw?.type !== 'split') return journey
  const arms = draw.arms.map((arm) => ({ ...arm, weight: 50 }))
  const edited = { ...journey, steps: { ...journey.steps, draw: { ...draw, arms } } }
  return JSON.parse(
    JSON.stringify(edited).replaceAll('2027-12-20T18:00:00+01:00', drawAt),
  ) as Journey
}

const create = (userId?: string, traits: JsonObject = {}) =>
  TestCustomer.create(rumbo, {
    ...(userId === undefined ? {} : { userId }),
    traits: { email: `${crypto.randomUUID()}@example.com`, firstName: 'Ana', ...traits },
  })
const order = (n: number, revenue = 60): JsonObject => ({
  order_id: `o-${n}`,
  revenue,
  products: [{ product_id: `p-${n}`, name: 'PLATE' }],
})
const sent = async (customer: TestCustomer): Promise<string[]> =>
  (await customer.deliveries())
    .filter(({ status }) => status === 'sent')
    .map(({ message }) => message)

test('an abandoned cart: reminded of once, cart by cart, and never after the order', async () => {
  const ana = await create()
  const add = (cart_id: string, name: string) =>
    ana.track('Product Added', { cart_id, product_id: name, name })
  await add('c-1', 'Blue bowl')
  await ana.forward('PT5H')
  expect(await ana.mails()).toEqual(['Blue bowl is still in your cart'])
  await add('c-1', 'Red bowl')
  await ana.forward('P4D')
  expect(await ana.mails()).toEqual(['Blue bowl is still in your cart', 'Was something unclear?'])
  // The same cart again: nothing. Another cart: another reminder, unless it is bought.
  await add('c-1', 'Red bowl')
  expect(await ana.runs()).toEqual([])
  await add('c-2', 'Green cup')
  await ana.track('Order Completed', order(1))
  await ana.forward('PT6H')
  expect(await ana.story()).toContain('left abandoned-cart@1: bought')
  expect(await ana.mails()).not.toContain('Green cup is still in your cart')
  expect(await ana.runs()).toEqual(['welcome@1:unpack waiting'])
})

test('flash sale meets welcome: the sale takes over at once, and welcome goes on with the days it had left', async () => {
  const ana = await create()
  await ana.track('Order Completed', order(1))
  await ana.forward('P5D')
  expect(await sent(ana)).toEqual(['welcome', 'make-the-most'])
  const before = (await ana.page()).runs[0]
  const [decision] = await ana.track('Flash Sale Opened', { sale: 'Spring', ends_on: 'Sunday' })
  expect(decision).toMatchObject({ outcome: 'switch', replaced: { fate: 'paused' } })
  await ana.settle()
  expect(await sent(ana)).toEqual(['welcome', 'make-the-most', 'sale-open'])
  await ana.forward('P3D')
  expect(before?.step).toBe('return-visit')
  expect((await ana.story()).filter((line) => /^(paused|resumed) welcome/.test(line))).toEqual([
    'paused welcome@1 at return-visit',
    'resumed welcome@1 at return-visit',
  ])
  await ana.forward('P14D')
  const all = await sent(ana)
  expect(all).toContain('sale-ends')
  expect(all.slice(-1)).toEqual(['two-weeks'])
  expect(await ana.story()).toContain('left welcome@1: completed')
})

test('thanks for years of loyalty: on the day, a parcel for a hero, and nothing for who only looked', async () => {
  const day = new Date(Date.now() + 3 * DAY_MS)
  const [year, month, date] = [day.getUTCFullYear(), day.getUTCMonth(), day.getUTCDate()]
  const since = new Date(Date.UTC(year - 5, month, date)).toISOString().slice(0, 10)
  const [hero, buyer, visitor] = await Promise.all([create(), create(), create()])
  for (const [customer, orders] of [
    [hero, 5],
    [buyer, 1],
    [visitor, 0],
  ] as const) {
    for (let n = 0; n < orders; n++)
      await customer.track('Order Completed', order(n, 120), { context: { historical: true } })
    const traits = { customerSince: since }
    const body = { userId: customer.userId, traits }
    expect((await rumbo.call('POST', '/v1/identify?wait=handled', body)).status).toBe(200)
  }
  for (const customer of [hero, buyer, visitor]) await customer.forward('P5D')
  expect(await sent(hero)).toEqual(['thanks-with-gift'])
  expect(await sent(buyer)).toEqual(['thanks'])
  expect(await sent(visitor)).toEqual([])
  const gifts = [...shop.accepted.values()].filter(
    (body) => (body as JsonObject)['reason'] === 'years-of-loyalty',
  )
  expect(gifts).toEqual([{ reason: 'years-of-loyalty', date: `${year}${since.slice(4)}` }])
  // Next year again, as long as they still buy.
  await buyer.track('Order Completed', order(7), { context: { historical: true } })
  for (const days of ['P170D', 'P170D', 'P25D']) {
    await buyer.forward(days)
    await buyer.track('Product Viewed', { product_id: 'p-1' })
  }
  expect((await sent(buyer)).filter((message) => message === 'thanks')).toHaveLength(2)
})

test('a sleeping customer is woken with other content, and left in peace where nothing comes back', async () => {
  const [asleep, woken] = [await create(), await create()]
  for (const customer of [asleep, woken]) {
    await customer.track('Order Completed', order(1), { context: { historical: true } })
    await customer.forward('P181D')
    const said = await sent(customer)
    expect(said.slice(0, 2)).toEqual(['we-miss-you', 'one-offer'])
    expect(['who-makes-it', 'how-to-mend-it']).toContain(said[2])
  }
  await woken.track('Product Viewed', { product_id: 'p-9' })
  await woken.forward('P1D')
  expect(await woken.story()).toContain('left sleeping-customer@1: woken')
  await asleep.forward('P40D')
  expect((await sent(asleep)).at(-1)).toBe('shall-we-stop')
  expect(await asleep.story()).toContain('left sleeping-customer@1: asleep')
})

test('a raffle: everybody plays once, and anybody can draw again and comes to the same winners', async () => {
  // What the shop's website tells: a hash of the salt and the customer, below the share of winners.
  const isDrawn = (player: TestCustomer): boolean =>
    fractionOf(`winter-raffle-2027|${player.customerId}`) < 0.5
  const players = [await create()]
  while (players.length < 3 || new Set(players.map(isDrawn)).size < 2) players.push(await create())
  for (const player of players) {
    const enter = () => player.track('Raffle Entered', { raffle: 'winter' })
    expect((await enter())[0]).toMatchObject({ outcome: 'enter' })
    expect((await enter())[0]?.candidates).toMatchObject([{ fate: 'reject', gate: 'reentry' }])
    await player.forward('P9D')
    expect((await enter())[0]?.candidates).toMatchObject([{ fate: 'reject' }])
    expect(await sent(player)).toEqual([
      'you-are-in',
      isDrawn(player) ? 'you-won' : 'not-this-time',
    ])
  }
  const prizes = [...shop.accepted.values()].filter(
    (body) => (body as JsonObject)['prize'] !== undefined,
  )
  expect(prizes).toHaveLength(players.filter(isDrawn).length)
})

test('all buyers of a delayed product get one notice, and nobody else does', async () => {
  const buyers = ['b-1', 'b-2', 'b-3']
  const bought = (userId: string, product_id: string) =>
    rumbo.call('POST', '/v1/batch', {
      batch: [
        { type: 'identify', userId, traits: { email: `${userId}@example.com`, firstName: 'Bo' } },
        {
          type: 'track',
          userId,
          event: 'Order Completed',
          properties: { ...order(1), products: [{ product_id }] },
          context: { historical: true },
        },
      ],
    })
  for (const userId of buyers) await bought(userId, 'P-17')
  await bought('other', 'P-1')
  expect((await rumbo.call('POST', '/v1/journeys/delayed-product/entries')).status).toBe(201)
  const notices = () =>
    rumbo.db
      .selectFrom('deliveries')
      .select(['customer_id', 'status'])
      .where('message', '=', 'late')
      .execute()
  await eventually('the notices are out', async () => {
    const rows = await notices()
    return rows.length === buyers.length && rows.every(({ status }) => status === 'sent')
  })
  expect(new Set((await notices()).map((row) => row.customer_id)).size).toBe(buyers.length)
})

import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import type { JsonObject } from '../../domain/json.ts'
import { readEngineTexts } from '../support/engine-texts.ts'
import { readExample } from '../support/examples.ts'
import { journey } from '../support/journeys.ts'
import { startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

const TENT = { product_id: 'p-7', name: 'TWO-PERSON TENT' }

let rumbo: TestRumbo
let grace: TestCustomer

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  await rumbo.publish(readExample<Journey>('journeys/hero-call.json'))
})
afterAll(() => rumbo.stop())

/** Somebody who buys a lot, whom the call centre may propose something to. */
beforeEach(async () => {
  grace = await TestCustomer.create(rumbo, {
    traits: { email: 'grace@example.com', firstName: 'Grace-Hopper' },
  })
  await agree(true)
  for (let order = 0; order < 8; order++)
    await grace.track('Order Completed', {
      order_id: `o-${order}`,
      revenue: 200,
      products: [{ product_id: 'p-1' }],
    })
  expect((await grace.page()).lifecycle?.state).toBe('hero')
})

const agree = (granted: boolean) =>
  rumbo.call('PUT', `/v1/customers/${grace.customerId}/consents/marketing/agent_task`, {
    granted,
    source: 'test',
  })
const looksAt = async (product: JsonObject) => {
  await grace.track('Product Viewed', product)
  await grace.settle()
}
const calls = (agent = 'eve') =>
  rumbo.call('POST', '/v1/agent-tasks/next', { customer: `user:${grace.userId}`, agent })
const says = (id: unknown, verb: string) =>
  rumbo.call('POST', `/v1/agent-tasks/${String(id)}/${verb}`, { agent: 'eve' })
const tasks = async () =>
  (await rumbo.call('GET', `/v1/customers/${grace.customerId}/agent-tasks`)).body[
    'data'
  ] as JsonObject[]
const sent = async () =>
  (await grace.deliveries()).filter(({ status }) => status === 'sent').map(({ message }) => message)

test('a hero who calls after looking at a product gets a fitting proposal, and what was agreed', async () => {
  expect((await calls()).status).toBe(204)
  await looksAt(TENT)
  expect(await sent()).toEqual(['proposal'])
  const { status, body } = await calls()
  expect(status).toBe(200)
  expect(body).toMatchObject({
    journey: 'hero-call',
    version: 1,
    title: 'Propose the two-person tent',
    text: expect.stringContaining('Grace-Hopper has looked at') as string,
    priority: { points: 70 },
  })
  expect((await calls('bob')).status).toBe(204)
  expect(await says(body['id'], 'accept')).toMatchObject({ status: 200 })
  await grace.settle()
  expect(await sent()).toEqual(['proposal', 'set-aside'])
  expect(await grace.runs()).toEqual([])
  expect((await calls()).status).toBe(204)
})

test('one who does not call in time is proposed nothing any more, and the journey goes on', async () => {
  await looksAt(TENT)
  expect(await grace.runs()).toEqual(['hero-call@1:answer waiting'])
  await grace.forward('P2D')
  expect((await calls()).status).toBe(204)
  await expect.poll(tasks, { timeout: 20_000 }).toMatchObject([{ status: 'expired', decided: {} }])
  await grace.settle()
  expect(await grace.runs()).toEqual([])
  expect(await sent()).toEqual(['proposal'])
})

test('one who declines hears no more of it', async () => {
  await looksAt(TENT)
  const { body } = await calls()
  await says(body['id'], 'decline')
  await grace.settle()
  expect(await grace.runs()).toEqual([])
  expect(await sent()).toEqual(['proposal'])
})

test('one who withdraws the yes after that is not proposed what stands in the list', async () => {
  await looksAt(TENT)
  await agree(false)
  expect(await tasks()).toMatchObject([{ status: 'open' }])
  expect((await calls()).status).toBe(204)
})

test('a proposal goes with its run where it says so, unless the journey came to its end', async () => {
  const proposeOver = (key: string, event: string) =>
    journey(key, {
      class: 'service',
      entry: { on: [{ event }], reentry: { mode: 'afterExit' } },
      exit: [{ event: 'Cart Emptied', reason: 'emptied' }],
      start: 'propose',
      steps: {
        propose: { type: 'message', message: 'call', next: 'rest' },
        rest: {
          type: 'waitFor',
          events: [{ event: 'Cart Saved' }],
          within: 'P1D',
          next: 'end',
          onTimeout: 'end',
        },
        end: { type: 'exit' },
      },
      messages: {
        call: {
          agent_task: { title: key, text: 'Help.', reason: 'Asked', withdrawWithRun: true },
        },
      },
    })
  await rumbo.publish(proposeOver('left', 'Cart Filled'))
  await grace.track('Cart Filled', {})
  await grace.settle()
  expect(await tasks()).toMatchObject([{ title: 'left', status: 'open' }])
  await grace.track('Cart Emptied', {})
  await grace.settle()
  expect((await calls()).status).toBe(204)
  await expect
    .poll(tasks, { timeout: 20_000 })
    .toMatchObject([{ status: 'withdrawn', decided: { agent: null, reason: 'emptied' } }])

  await grace.track('Cart Filled', {})
  await grace.settle()
  await grace.track('Cart Saved', {})
  await grace.settle()
  expect(await grace.runs()).toEqual([])
  expect((await calls()).body).toMatchObject({ title: 'left', status: 'open' })
})

test('none of it is on the engine', async () => {
  const texts = await readEngineTexts(rumbo.client)
  expect(texts.some((text) => text.includes('hero-call'))).toBe(true)
  const words = ['Grace-Hopper', 'two-person', 'grace@example.com']
  expect(texts.filter((text) => words.some((word) => text.includes(word)))).toEqual([])
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import { customerWorkflowId } from '../../workflows/customer-messages.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'

let rumbo: TestRumbo
beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  const put = await rumbo.call('PUT', '/v1/contact-policy', {
    caps: [{ name: 'weekly', max: 1, window: 'P7D', classes: ['marketing'] }],
  })
  expect(put.status, JSON.stringify(put.body)).toBeLessThan(300)
  await rumbo.publish(
    journey('welcome'),
    journey('callback', {
      class: 'service',
      arbitration: { mode: 'manual', rank: 5 },
      entry: { on: [{ api: true }] },
    }),
  )
})
afterAll(() => rumbo.stop())

interface Next {
  readonly source: string
  readonly current: { journey: string } | null
  readonly ranked: { id: string }[]
  readonly refused: { id: string; gate: string; reason: string }[]
  readonly caps: { name: string; used: number; max: number; freeAt: string | null }[]
  readonly committed: { status: string; reason: string | null } | null
}
const ask = async (ana: TestCustomer, body: object) => {
  const path = `/v1/customers/${ana.customerId}/next`
  const answer = await rumbo.call('POST', path, body)
  return { status: answer.status, body: answer.body as unknown as Next }
}
const sale = { channel: 'call-centre', offers: [{ id: 'sale', value: 10 }] }

/** A customer whose actor runs, and who may be offered something on the phone. */
const onThePhone = async (): Promise<TestCustomer> => {
  const ana = await TestCustomer.create(rumbo)
  await rumbo.call('PUT', `/v1/customers/${ana.customerId}/consents/marketing/call-centre`, {
    granted: true,
    source: 'test',
  })
  await ana.track('Product Viewed')
  await ana.settle()
  return ana
}
const historyOf = async (ana: TestCustomer): Promise<number> => {
  const actor = rumbo.client.workflow.getHandle(customerWorkflowId(ana.customerId))
  return ((await actor.fetchHistory()).events ?? []).length
}

test('the actor answers, and its history does not grow', async () => {
  const ana = await onThePhone()
  let before = -1
  await eventually('the history is at rest', async () => {
    const last = before
    before = await historyOf(ana)
    await sleep(200)
    return before === last
  })
  for (let round = 0; round < 3; round++)
    expect((await ask(ana, sale)).body).toMatchObject({
      source: 'actor',
      current: null,
      ranked: [{ id: 'callback' }, { id: 'sale' }],
      caps: [{ name: 'weekly', used: 0, max: 1, freeAt: null }],
      committed: null,
    })
  expect(await historyOf(ana)).toBe(before)
})

test('of two offers that are committed at once under a cap of one, one is permitted', async () => {
  const ana = await onThePhone()
  const answers = await Promise.all(
    ['first', 'second'].map((id) =>
      ask(ana, { channel: 'call-centre', offers: [{ id, value: 1 }], commit: { offer: id } }),
    ),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 200])
  const outcomes = answers.map(({ body }) => String(body.committed?.status))
  expect(new Set(outcomes)).toEqual(new Set(['committed', 'refused']))
  const refused = answers.find(({ body }) => body.committed?.status === 'refused')
  expect(refused?.body.committed?.reason).toBe('cap:weekly')

  const later = await ask(ana, sale)
  expect(later.body.caps).toMatchObject([{ used: 1, freeAt: expect.any(String) }])
  expect(later.body.refused).toContainEqual(
    expect.objectContaining({ id: 'sale', reason: 'cap:weekly' }),
  )
})

test('the message of a journey meets the cap that a committed offer has used', async () => {
  const ana = await onThePhone()
  const taken = await ask(ana, { ...sale, commit: { offer: 'sale' } })
  expect(taken.body.committed).toMatchObject({ status: 'committed', reason: null })
  await ana.track('Signed Up')
  await ana.settle()
  expect(await ana.mails()).toEqual([])
  const deliveries = await rumbo.call('GET', `/v1/customers/${ana.customerId}/deliveries`)
  expect(deliveries.body['data']).toMatchObject([{ message: 'hello', status: 'skipped' }])
  const timeline = await rumbo.call('GET', `/v1/customers/${ana.customerId}/timeline`)
  expect(timeline.body['data']).toContainEqual(
    expect.objectContaining({ kind: 'offer', summary: 'offer sale on call-centre' }),
  )
})

test('the best there is can be committed: a journey is entered by a decision', async () => {
  const ana = await onThePhone()
  const { body } = await ask(ana, { ...sale, commit: true })
  expect(body.committed).toMatchObject({
    kind: 'journey',
    id: 'callback',
    status: 'committed',
    decision: { outcome: 'enter', winner: 'callback' },
  })
  expect((await ask(ana, {})).body.current).toMatchObject({ journey: 'callback' })
})

test('with no worker to answer, the last snapshot is judged', async () => {
  const ana = await onThePhone()
  await rumbo.stopWorkers()
  try {
    expect((await ask(ana, sale)).body).toMatchObject({
      source: 'snapshot',
      ranked: [{ id: 'callback' }, { id: 'sale' }],
    })
  } finally {
    await rumbo.startWorkers()
  }
})

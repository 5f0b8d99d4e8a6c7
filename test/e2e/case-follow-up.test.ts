import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { JsonObject } from '../../domain/json.ts'
import { examplesCalling, readExample } from '../support/examples.ts'
import { journey } from '../support/journeys.ts'
import { startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

let rumbo: TestRumbo
let helpdesk: WebhookReceiver
let ana: TestCustomer

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  helpdesk = await startWebhookReceiver(() => {})
  await rumbo.publish(
    ...examplesCalling(helpdesk.url).filter(({ key }) => key === 'case-follow-up'),
    journey('offer', { entry: { on: [{ event: 'Sale Begun' }], reentry: { mode: 'afterExit' } } }),
  )
  for (const [path, body] of [
    ['/v1/case-rules', readExample('case-rules.json')],
    ['/v1/contact-policy', { exclusions: [{ preset: 'caseOpen' }] }],
  ] as const)
    expect((await rumbo.call('PUT', path, body)).status).toBe(201)
})
afterAll(async () => {
  await rumbo.stop()
  await helpdesk.stop()
})
beforeEach(async () => {
  ana = await TestCustomer.create(rumbo)
})

const say = (event: string, source: string, properties: JsonObject) =>
  ana.track(event, properties, { context: { source } })
const sent = async () =>
  (await ana.deliveries()).filter(({ status }) => status === 'sent').map(({ message }) => message)
const cases = async () =>
  (await rumbo.call('GET', `/v1/customers/${ana.customerId}/cases`)).body['data'] as {
    status: string
    type: string
    contacts: number
    sources: string[]
  }[]

test('a complaint that nobody answers in time goes up, whoever voices it again, and no offer comes between', async () => {
  const about = { order_id: 'o-99' }
  await say('Case Opened', 'app', { case_id: 'A-1', code: 'where_is_my_order', ...about })
  await ana.settle()
  expect(await sent()).toEqual(['we-heard-you'])

  // The same matter by telephone: one case, one run, no second confirmation.
  await say('Case Opened', 'call_centre', { case_id: 'K-7', code: 'L1', ...about })
  expect(await cases()).toMatchObject([{ status: 'open', sources: ['app', 'call_centre'] }])
  await say('Sale Begun', 'web', {})
  await ana.settle()
  expect(await sent()).toEqual(['we-heard-you'])
  expect(await ana.runs()).toContain('case-follow-up@1:promised waiting')

  await ana.forward('P1D')
  expect(await sent()).toEqual(['we-heard-you', 'we-are-late'])
  expect([...helpdesk.accepted.values()]).toMatchObject([{ type: 'late_delivery', severity: '2' }])

  await say('Case Resolved', 'call_centre', { case_id: 'K-7', level: 'full' })
  await ana.settle()
  await say('Sale Begun', 'web', {})
  await ana.settle()
  expect(await sent()).toEqual(['we-heard-you', 'we-are-late', 'hello'])
  await ana.forward('P3D')
  expect(await sent()).toContain('how-was-it')
  expect(await cases()).toMatchObject([{ status: 'resolved', type: 'late_delivery' }])
})

test('one that is answered in time is not escalated, and a later one of the same customer is followed up by itself', async () => {
  const before = helpdesk.accepted.size
  await say('Case Opened', 'form', { case_id: 'F-1', code: 'broken', order_id: 'o-1' })
  await say('Case Resolved', 'form', { case_id: 'F-1', level: 'full' })
  await ana.forward('P2D')
  expect(await sent()).toEqual(['we-heard-you', 'how-was-it'])
  expect(helpdesk.accepted.size).toBe(before)
  await say('Case Opened', 'form', { case_id: 'F-1', code: 'broken', order_id: 'o-1' })
  await say('Case Opened', 'form', { case_id: 'F-2', code: 'invoice', invoice_id: 'i-1' })
  await ana.settle()
  expect(await sent()).toEqual(['we-heard-you', 'how-was-it', 'we-heard-you'])
  expect(await cases()).toMatchObject([{ type: 'wrong_invoice' }, { type: 'arrived_broken' }])
})

test('two cases that are open at the same time are followed up beside each other, each to its own end', async () => {
  const before = helpdesk.accepted.size
  await say('Case Opened', 'form', { case_id: 'F-1', code: 'broken', order_id: 'o-1' })
  await say('Case Opened', 'form', { case_id: 'F-2', code: 'invoice', invoice_id: 'i-1' })
  await ana.settle()
  expect(await sent()).toEqual(['we-heard-you', 'we-heard-you'])
  await say('Case Resolved', 'form', { case_id: 'F-2', level: 'full' })
  await ana.forward('P2D')
  expect((await sent()).toSorted()).toEqual([
    'how-was-it',
    'we-are-late',
    'we-heard-you',
    'we-heard-you',
  ])
  expect([...helpdesk.accepted.values()].slice(before)).toMatchObject([{ type: 'arrived_broken' }])
})

test('what two customers voiced is one case once they are one: one follow-up, and its end ends what holds back', async () => {
  const [userId, anonymousId] = [randomUUID(), randomUUID()]
  const tell = async (path: string, body: JsonObject) => {
    const answer = await rumbo.call('POST', path, { messageId: randomUUID(), ...body })
    expect(answer.status).toBe(200)
  }
  const read = async (what: string) =>
    (await rumbo.call('GET', `/v1/customers/${userId}${what}`)).body
  const followed = async () =>
    ((await read(''))['runs'] as { step: string }[]).map(({ step }) => step)
  const reasons = async () =>
    ((await read('/exclusions'))['data'] as { reason: string; closed: JsonObject | null }[])
      .filter(({ closed }) => closed === null)
      .map(({ reason }) => reason)
  const opened = (who: JsonObject, source: string, properties: JsonObject) =>
    tell('/v1/track?wait=handled', {
      ...who,
      event: 'Case Opened',
      context: { source },
      properties: { ...properties, order_id: 'o-5' },
    })

  for (const who of [{ anonymousId }, { userId }])
    await tell('/v1/identify', { ...who, traits: { email: `${randomUUID()}@example.com` } })
  await opened({ anonymousId }, 'form', {})
  await opened({ userId }, 'app', { case_id: 'A-9' })
  await tell('/v1/identify', { userId, anonymousId })
  const withinMs = { timeout: 30_000 }
  await expect
    .poll(async () => (await read('/cases'))['data'], withinMs)
    .toMatchObject([{ status: 'open', sources: ['form', 'app'] }])
  await expect.poll(followed, withinMs).toEqual(['promised'])
  await expect.poll(reasons, withinMs).toEqual(['caseOpen'])
  await tell('/v1/track', {
    userId,
    event: 'Case Resolved',
    context: { source: 'app' },
    properties: { case_id: 'A-9' },
  })
  await expect.poll(followed, withinMs).toEqual(['settle'])
  await expect.poll(reasons, withinMs).toEqual([])
})

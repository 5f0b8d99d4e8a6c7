import { Webhook } from 'standardwebhooks'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createSignedHttp, type SignedHttp } from '../channels/signed-http.ts'
import type { CallRequest, TurnRecord } from '../domain/actor/effects.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import type { WebhookStep } from '../domain/journeys/step.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { insertLive } from '../test/support/live-journey.ts'
import {
  startWebhookReceiver,
  type ReceiverAnswer,
  type WebhookReceiver,
} from '../test/support/webhook-receiver.ts'
import { createCallActivities } from './call-webhook.ts'

const NOW = Date.parse('2026-03-02T09:00:00Z')
const MINUTE_MS = 60_000
const SECRET = `whsec_${Buffer.from('a secret of some length').toString('base64')}`

const journey = (url: string, step: Partial<WebhookStep>): Journey => ({
  key: 'asking',
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'Order Completed' }] },
  start: 'ask',
  steps: {
    ask: {
      type: 'webhook',
      url,
      body: {
        who: '{{ customer.traits.first_name }}',
        orders: ['{{ entry.properties.order_id }}', '{{ answers.earlier.body.id }}'],
      },
      saveAs: 'quote',
      next: 'look',
      ...step,
    },
    look: {
      type: 'branch',
      cases: [{ when: 'answers.quote.body.offers.exists(o, o.price < 10)', next: 'end' }],
      else: 'end',
    },
    end: { type: 'exit' },
  },
  messages: {
    m: { email: { subject: '{{ answers.quote.body.title }}', html: 'x' } },
  },
})

describeOnEachDatabase('callWebhook', (db) => {
  let receiver: WebhookReceiver
  let http: SignedHttp
  let answer: ReceiverAnswer
  let entrySeq: number

  beforeEach(async () => {
    answer = {}
    receiver = await startWebhookReceiver(
      () => {},
      () => answer,
    )
    http = createSignedHttp({ secret: SECRET })
    for (const table of ['timeline_entries', 'runs', 'events', 'journey_versions'] as const)
      await db().deleteFrom(table).execute()
    for (const table of ['customers', 'journeys'] as const) await db().deleteFrom(table).execute()
    const at = new Date(NOW)
    const traits = JSON.stringify({ email: 'ada@example.com', first_name: 'Ada' })
    await db()
      .insertInto('customers')
      .values({ customer_id: 'c1', created_at: at, traits })
      .execute()
    const { seq } = await db()
      .insertInto('events')
      .values({
        message_id: 'm1',
        customer_id: 'c1',
        type: 'track',
        name: 'Order Completed',
        properties: JSON.stringify({ order_id: 'O-7' }),
        occurred_at: at,
        received_at: at,
        status: 'batched',
        batch: 1,
      })
      .returning('seq')
      .executeTakeFirstOrThrow()
    entrySeq = seq
  })
  afterEach(async () => {
    http.close()
    await receiver.stop()
  })

  const publish = async (step: Partial<WebhookStep> = {}): Promise<void> => {
    await insertLive(db(), journey(receiver.url, step), NOW)
  }
  const call = (changes: Partial<CallRequest> = {}, record: TurnRecord | null = null) =>
    createCallActivities({ db: db(), http, now: () => NOW, heartbeat: () => {} }).callWebhook({
      record,
      request: {
        callId: 'c1.1.1.call',
        customerId: 'c1',
        test: false,
        runId: 'c1.1',
        journey: 'asking',
        version: 1,
        hash: 'h',
        step: 'ask',
        attempt: 1,
        entry: {
          seq: entrySeq,
          name: 'Order Completed',
          occurredAtMs: NOW,
          receivedAtMs: NOW,
          properties: {},
        },
        nowMs: NOW,
        giveUpAtMs: NOW + 60 * MINUTE_MS,
        lifecycle: 'new',
        counts: {},
        answers: { earlier: { status: 200, body: { id: 'E-1' } } },
        ...changes,
      },
    })

  test('calls with rendered texts, signed, and answers with what the version names', async () => {
    await publish()
    answer = {
      body: { offers: [{ price: 5, margin: 3 }], title: 'Tea', email: 'ada@example.com', more: 1 },
    }
    expect(await call()).toEqual({
      type: 'answered',
      atMs: NOW,
      answer: { status: 200, body: { offers: [{ price: 5 }], title: 'Tea' } },
    })
    const [received] = receiver.calls
    expect(received).toMatchObject({ method: 'POST' })
    const headers = received?.headers as Record<string, string>
    expect(headers).toMatchObject({ 'webhook-id': 'c1_1_1_call' })
    expect(headers).not.toHaveProperty('x-rumbo-test')
    expect(new Webhook(SECRET).verify(received?.body ?? '', headers)).toEqual({
      who: 'Ada',
      orders: ['O-7', 'E-1'],
    })
  })

  test('a repeat carries the same id, and the receiver acts once', async () => {
    await publish()
    await call()
    await call({ attempt: 2 })
    expect(receiver.calls).toHaveLength(2)
    expect([...receiver.accepted.keys()]).toEqual(['c1_1_1_call'])
  })

  test.each(['PUT', 'GET'] as const)('calls with %s', async (method) => {
    await publish({ method })
    expect(await call()).toMatchObject({ type: 'answered', answer: { status: 200 } })
    expect(receiver.calls[0]).toMatchObject({ method })
    expect(receiver.calls[0]?.body === '').toBe(method === 'GET')
  })

  test('tells the receiver of a test customer', async () => {
    await publish()
    await call({ test: true })
    expect(receiver.calls[0]?.headers['x-rumbo-test']).toBe('true')
  })

  test.each([
    ['no JSON', 'done'],
    ['more than is read', 'x'.repeat(70_000)],
    ['nothing', ''],
  ])('an answer that is %s has a status and no body', async (_, body) => {
    await publish()
    answer = { body }
    expect(await call()).toEqual({ type: 'answered', atMs: NOW, answer: { status: 200 } })
  })

  test('a refusal is final, and says why', async () => {
    await publish()
    answer = { status: 409, body: { title: 'Taken', why: 'secret' } }
    expect(await call()).toEqual({
      type: 'refused',
      reason: 'http_409',
      answer: { status: 409, body: { title: 'Taken' } },
    })
  })

  test('follows no redirect', async () => {
    await publish()
    answer = { status: 302, headers: { location: receiver.url } }
    expect(await call()).toMatchObject({ type: 'refused', reason: 'http_302' })
    expect(receiver.calls).toHaveLength(1)
  })

  test('a receiver that is away is tried again, when it says so and until the time is up', async () => {
    await publish()
    answer = { status: 503, headers: { 'retry-after': '600' } }
    expect(await call()).toEqual({
      type: 'retryAt',
      atMs: NOW + 10 * MINUTE_MS,
      reason: 'http_503',
    })
    expect(await call({ attempt: 4, giveUpAtMs: NOW + 59 * MINUTE_MS })).toEqual({
      type: 'refused',
      reason: 'gave_up: http_503',
      answer: { status: 503 },
    })
  })

  test('nobody there is tried again', async () => {
    await publish()
    await receiver.stop()
    expect(await call()).toEqual({
      type: 'retryAt',
      atMs: NOW + MINUTE_MS,
      reason: 'http_econnrefused',
    })
  })

  test('waits no longer than the step says', async () => {
    await publish({ timeout: 'PT0.2S' })
    answer = { delayMs: 5_000 }
    expect(await call()).toMatchObject({ type: 'retryAt', reason: 'http_timeouterror' })
  })

  test('a text that cannot be rendered is refused without a call', async () => {
    await publish({ body: { a: '{{ customer.traits.shoe_size }}' } })
    expect(await call()).toEqual({
      type: 'refused',
      reason: 'template_error: line 1, column 4',
      answer: null,
    })
    expect(receiver.calls).toEqual([])
  })

  test('a customer who is gone is not spoken of', async () => {
    await publish()
    expect(await call({ customerId: 'nobody' })).toMatchObject({ reason: 'no_customer' })
    expect(receiver.calls).toEqual([])
  })

  describe('the clock', () => {
    test('of a test customer is the actor’s', async () => {
      await publish()
      const nowMs = NOW + 14 * 86_400_000
      expect(await call({ test: true, nowMs })).toMatchObject({ atMs: nowMs })
    })
  })
})

import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { readEngineTexts } from '../support/engine-texts.ts'
import { mail } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { TestCustomer } from '../support/test-customer.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

const HOUR_MS = 3_600_000

/** Asks outside, goes by the answer, and passes on what it heard. */
const quoting = (url: string): Journey => ({
  key: 'quoting',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Quote Wanted' }], reentry: { mode: 'afterExit' } },
  start: 'ask',
  steps: {
    ask: {
      type: 'webhook',
      url,
      body: { customer: '{{ customer.traits.email }}', item: '{{ entry.properties.item }}' },
      saveAs: 'quote',
      next: 'look',
      onFail: 'failed',
    },
    look: {
      type: 'branch',
      cases: [{ when: 'answers.quote.body.score > 50', next: 'pass' }],
      else: 'poor',
    },
    pass: {
      type: 'emit',
      event: 'Quote Ready',
      properties: { score: { expr: 'answers.quote.body.score' } },
      next: 'done',
    },
    done: { type: 'exit' },
    poor: { type: 'exit', reason: 'poor' },
    failed: { type: 'exit', reason: 'failed' },
  },
})

/** Let in by what `quoting` makes. */
const thanking: Journey = {
  key: 'thanking',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: {
    on: [{ event: 'Quote Ready', when: 'event.properties.score > 50' }],
    reentry: { mode: 'afterExit' },
  },
  start: 'thanks',
  steps: {
    thanks: { type: 'message', message: 'thanks', next: 'done' },
    done: { type: 'exit' },
  },
  messages: { thanks: mail('Score {{ entry.properties.score }}') },
}

/** Makes an event in the middle of a leap. */
const later: Journey = {
  key: 'later',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Began' }], reentry: { mode: 'afterExit' } },
  start: 'rest',
  steps: {
    rest: { type: 'wait', for: 'P1D', next: 'tell' },
    tell: { type: 'emit', event: 'Time Came', next: 'more' },
    more: { type: 'wait', for: 'P1D', next: 'done' },
    done: { type: 'exit' },
  },
}

const takingOver: Journey = {
  key: 'taking-over',
  class: 'service',
  arbitration: { mode: 'manual', rank: 900 },
  entry: { on: [{ event: 'Time Came' }], reentry: { mode: 'afterExit' } },
  start: 'now',
  steps: { now: { type: 'message', message: 'now', next: 'done' }, done: { type: 'exit' } },
  messages: { now: mail('Now') },
}

describe('webhook and emit', () => {
  let rumbo: TestRumbo
  let receiver: WebhookReceiver
  /** How many calls it fails, from the first one on. */
  let failures = 0

  beforeAll(async () => {
    receiver = await startWebhookReceiver(
      () => {},
      ({ body }, before) =>
        before < failures
          ? { status: 503 }
          : {
              body: { score: 80, name: 'Ada', margin: { secret: 1 } },
              ...(body.includes('slowly') ? { delayMs: 5_000 } : {}),
            },
    )
    rumbo = await startTestRumbo(await connectEmbedded())
    await rumbo.publish(quoting(receiver.url), thanking, later, takingOver)
  })
  afterAll(async () => {
    await rumbo.stop()
    await receiver.stop()
  })

  test('a branch goes by an answer that came at the third try, and its event lets another journey in', async () => {
    failures = 2
    const customer = await TestCustomer.create(rumbo)
    const startedAtMs = Date.now()
    await customer.track('Quote Wanted', { item: 'tea' })
    await customer.settle()
    expect(await customer.runs()).toEqual(['quoting@1:ask active'])
    await customer.forward('PT1H')

    expect(await customer.story()).toEqual([
      'entered quoting@1 on Quote Wanted',
      'left quoting@1: completed',
      'entered thanking@1 on Quote Ready',
      'left thanking@1: completed',
    ])
    expect(await customer.mails()).toEqual(['Score 80'])
    expect(receiver.calls.map(({ headers }) => headers['webhook-id'])).toEqual(
      Array.from({ length: 3 }, () => `${customer.customerId}_1_1_call`.replaceAll('.', '_')),
    )
    expect(receiver.calls[0]?.headers['x-rumbo-test']).toBe('true')
    expect(JSON.parse(receiver.calls[0]?.body ?? '')).toMatchObject({ item: 'tea' })
    expect((await customer.timeline('call')).map(({ summary }) => summary)).toEqual([
      'quoting@1 · ask: answered 200',
    ])
    // One and five minutes after the tries before, and not at the end of the leap.
    const [thanks] = await customer.deliveries()
    const afterMs = Date.parse(thanks?.at ?? '') - startedAtMs
    expect(afterMs).toBeGreaterThan(6 * 60_000)
    expect(afterMs).toBeLessThan(7 * 60_000)
  })

  test('what the engine keeps of an answer is what the journey names', async () => {
    const texts = await readEngineTexts(rumbo.client)
    const mentions = (part: string): boolean => texts.some((text) => text.includes(part))
    expect(mentions('"score":80')).toBe(true)
    expect(['Ada', 'secret', 'margin'].filter(mentions)).toEqual([])
  })

  test('who leaves, or is cancelled, while a call is on its way is not held up by it', async () => {
    const leaving = await TestCustomer.create(rumbo)
    await leaving.track('Quote Wanted', { item: 'slowly' })
    const exit = { reason: 'changed my mind' }
    await rumbo.call('POST', `/v1/customers/${leaving.customerId}/exit`, exit)
    await eventually('the run has ended', async () => (await leaving.runs()).length === 0, 4_000)
    expect(await leaving.story()).toContain('left quoting@1: changed my mind')

    const cancelled = await TestCustomer.create(rumbo)
    await cancelled.track('Quote Wanted', { item: 'slowly' })
    await cancelled.actor.cancel()
    await cancelled.actor.result()
    expect(await cancelled.story()).toContain('left quoting@1: cancelled_by_operator')
    await leaving.track('Quote Wanted', { item: 'tea' })
    await leaving.settle()
    expect((await leaving.story()).at(-1)).toBe('left thanking@1: completed')
  })

  test('time does not run ahead of an event that is made in the middle of a leap', async () => {
    const customer = await TestCustomer.create(rumbo)
    const startedAtMs = Date.now()
    await customer.track('Began')
    await customer.forward('P5D')
    expect(await customer.story()).toEqual([
      'entered later@1 on Began',
      'paused later@1 at more',
      'entered taking-over@1 on Time Came',
      'left taking-over@1: completed',
      'resumed later@1 at more',
      'left later@1: completed',
    ])
    const [now] = await customer.deliveries()
    const afterMs = Date.parse(now?.at ?? '') - startedAtMs
    expect(afterMs).toBeGreaterThan(24 * HOUR_MS)
    expect(afterMs).toBeLessThan(24 * HOUR_MS + 10_000)
  })

  test('anybody else’s event is back within seconds, marked as made by a journey', async () => {
    await rumbo.call('POST', '/v1/identify', {
      userId: 'real',
      traits: { email: 'real@example.com' },
    })
    await rumbo.track('real', 'Quote Wanted', { item: 'tea' })
    await eventually(
      'a message of the second journey',
      async () =>
        rumbo.db
          .selectFrom('deliveries')
          .select('delivery_id')
          .where('journey', '=', 'thanking')
          .where('to_address', '=', 'real@example.com')
          .where('status', '=', 'sent')
          .executeTakeFirst(),
      10_000,
    )
    const event = await rumbo.db
      .selectFrom('events')
      .selectAll()
      .where('name', '=', 'Quote Ready')
      .orderBy('seq', 'desc')
      .executeTakeFirst()
    expect(event).toMatchObject({
      properties: { score: 80 },
      context: { source: 'journey', journey: 'quoting', version: 1, step: 'pass', depth: 1 },
    })
  })
})

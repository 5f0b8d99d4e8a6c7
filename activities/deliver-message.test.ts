import { beforeEach, describe, expect, test } from 'vitest'
import type { ChannelAnswer } from '../channels/channel.ts'
import { createEmailChannel } from '../channels/email/index.ts'
import { startMailCatcher } from '../channels/mail-catcher.ts'
import { insertOutboxMail, listOutbox } from '../db/outbox.ts'
import type { Database } from '../db/schema.ts'
import type { DeliveryRequest, TurnRecord } from '../domain/actor/effects.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { insertLive } from '../test/support/live-journey.ts'
import { FakeChannel, fakeChannels } from '../test/support/fake-channel.ts'
import { createDeliveryActivities, type DeliveryDeps } from './deliver-message.ts'
import type { LinkSubject } from '../platform/preference-link.ts'
import type { Insertable, Kysely } from 'kysely'

const NOW = Date.parse('2026-03-02T09:00:00Z')
const MINUTE_MS = 60_000

const journey: Journey = {
  key: 'welcome',
  class: 'marketing',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'Order Completed' }] },
  start: 'hello',
  steps: { hello: { type: 'message', message: 'hello', next: 'end' }, end: { type: 'exit' } },
  messages: {
    hello: {
      email: {
        subject: 'Hi {{ customer.traits.first_name }}',
        html: '<p>{{ entry.properties.order_id }} {{ now | date: "%H:%M" }}</p>',
      },
      push: { title: 'Hi', text: '{{ customer.traits.first_name }}' },
      sms: { text: 'Hi {{ customer.traits.first_name }} ' },
      audience_sync: {
        url: 'http://127.0.0.1:1/ads',
        list: 'spring',
        action: 'add',
        platform: 'google',
      },
      webhook: { url: 'http://127.0.0.1:1/hook', body: { id: '{{ event.properties.order_id }}' } },
    },
    linked: { email: { subject: 'a', html: '<a href="{{ unsubscribeUrl }}">no more</a>' } },
    broken: { email: { subject: 'a', html: '{{ customer.traits.shoe_size }}' } },
  },
}

/** As readable as no real one is. */
const confirmUrl: DeliveryDeps['confirmUrl'] = async ({ requestId }) =>
  `https://rumbo.test/c/${requestId}`
const unsubscribeUrl = async ({ customerId, purpose, channel, deliveryId }: LinkSubject) =>
  `https://rumbo.test/u/${[customerId, purpose, channel, deliveryId].join('~')}`
const URL_OF_HELLO = 'https://rumbo.test/u/c1~marketing~email~c1.1.1.email'

describeOnEachDatabase('deliverMessage', (db) => {
  let email: FakeChannel<'email'>
  let webhook: FakeChannel<'webhook'>
  let outboxChannel: FakeChannel<'email'>
  let entrySeq: number
  let nowMs: number

  beforeEach(async () => {
    await clear(db())
    email = new FakeChannel('email', false)
    webhook = new FakeChannel('webhook', true)
    outboxChannel = new FakeChannel('email', false)
    nowMs = NOW
    await insertLive(db(), journey, NOW)
    await addCustomer({})
    await grant(true)
    const { seq } = await db()
      .insertInto('events')
      .values({
        message_id: 'm1',
        customer_id: 'c1',
        type: 'track',
        name: 'Order Completed',
        properties: JSON.stringify({ order_id: 'O-7', secret: 'x' }),
        occurred_at: new Date(NOW),
        received_at: new Date(NOW),
        status: 'batched',
        batch: 1,
      })
      .returning('seq')
      .executeTakeFirstOrThrow()
    entrySeq = seq
  })

  const addCustomer = (changes: Partial<Insertable<Database['customers']>>) =>
    db()
      .insertInto('customers')
      .values({
        customer_id: 'c1',
        created_at: new Date(NOW),
        zone: 'Europe/Madrid',
        traits: JSON.stringify({ email: 'ada@example.com', first_name: 'Ada' }),
        deliver_to: null,
        ...changes,
      })
      .execute()
  const change = (changes: { traits?: string; test?: boolean; deliver_to?: string }) =>
    db().updateTable('customers').set(changes).execute()
  const grant = (granted: boolean) =>
    db()
      .insertInto('consents')
      .values({
        customer_id: 'c1',
        purpose: 'marketing',
        channel: 'email',
        granted,
        at: new Date(NOW),
        source: 'test',
        proof: null,
      })
      .onConflict((conflict) =>
        conflict.columns(['customer_id', 'purpose', 'channel']).doUpdateSet({ granted }),
      )
      .execute()
  const row = () => db().selectFrom('deliveries').selectAll().executeTakeFirst()
  const request = (changes: Partial<DeliveryRequest> = {}): DeliveryRequest => ({
    deliveryId: 'c1.1.1.email',
    customerId: 'c1',
    test: false,
    runId: 'c1.1',
    journey: 'welcome',
    version: 1,
    hash: 'h',
    step: 'hello',
    message: 'hello',
    channel: 'email',
    class: 'marketing',
    attempt: 1,
    entry: {
      seq: entrySeq,
      name: 'Order Completed',
      occurredAtMs: NOW,
      receivedAtMs: NOW,
      properties: {},
    },
    nowMs: NOW,
    giveUpAtMs: NOW + 3 * 86_400_000,
    lifecycle: 'new',
    counts: { 'Order Completed': 1 },
    ...changes,
  })
  const deliver = (
    changes: Partial<DeliveryRequest> = {},
    record: TurnRecord | null = null,
    deps: Partial<DeliveryDeps> = {},
  ) =>
    createDeliveryActivities({
      db: db(),
      channels: fakeChannels({ email, webhook }),
      outbox: { email: outboxChannel },
      unsubscribeUrl,
      confirmUrl,
      now: () => nowMs,
      heartbeat: () => {},
      ...deps,
    }).deliverMessage({ request: request(changes), record })
  /** A worker that dies in the middle of the conversation. */
  const dieInConversation = async (changes: Partial<DeliveryRequest> = {}) => {
    email.answers = [new Error('killed')]
    webhook.answers = [new Error('killed')]
    await expect(deliver(changes)).rejects.toThrow('killed')
  }

  describe('by SMS', () => {
    let sms: FakeChannel<'sms'>
    beforeEach(async () => {
      sms = new FakeChannel('sms', false)
      await change({ traits: JSON.stringify({ phone: '+351912345678', first_name: 'Ada' }) })
    })
    const text = (changes: Partial<DeliveryRequest> = {}) =>
      deliver({ channel: 'sms', deliveryId: 'c1.1.1.sms', ...changes }, null, {
        channels: fakeChannels({ email, sms }),
      })
    const agree = () =>
      db().updateTable('consents').set({ channel: 'sms' }).where('customer_id', '=', 'c1').execute()

    test('goes to the phone number, rendered', async () => {
      await agree()
      expect(await text()).toMatchObject({ type: 'sent' })
      expect(sms.sent).toMatchObject([{ to: '+351912345678', content: { text: 'Hi Ada' } }])
    })

    test('needs a consent of its own', async () => {
      expect(await text()).toEqual({ type: 'dropped', reason: 'no_consent' })
      expect(sms.sent).toEqual([])
    })

    test('without a number that can be dialled nothing goes out', async () => {
      await agree()
      await change({ traits: JSON.stringify({ phone: '12' }) })
      expect(await text()).toEqual({ type: 'dropped', reason: 'no_address' })
    })

    test('a number that the provider calls dead is not written to again', async () => {
      await agree()
      const dead = ['+351912345678']
      sms.answers = [{ type: 'refused', reason: 'twilio_21610', dead }]
      expect(await text()).toEqual({ type: 'refused', reason: 'twilio_21610' })
      expect(await text({ deliveryId: 'c1.1.2.sms' })).toEqual({
        type: 'dropped',
        reason: 'address_blocked',
      })
      expect(sms.sent).toHaveLength(1)
    })

    test('of a test customer never leaves', async () => {
      await agree()
      expect(await text({ test: true })).toEqual({ type: 'dropped', reason: 'no_address' })
      expect(sms.sent).toEqual([])
    })
  })

  describe('to an advertising platform', () => {
    const ads = new FakeChannel('audience_sync', true)
    beforeEach(() => void ads.sent.splice(0))
    const add = (changes: Partial<DeliveryRequest> = {}) =>
      deliver({ channel: 'audience_sync', deliveryId: 'c1.1.1.ads', ...changes }, null, {
        channels: fakeChannels({ email, audience_sync: ads }),
      })
    const agree = () => db().updateTable('consents').set({ channel: 'audience_sync' }).execute()

    test('go identifiers as it writes them', async () => {
      await agree()
      await change({ traits: JSON.stringify({ email: 'A.da@gmail.com', phone: '+351912345678' }) })
      expect(await add()).toMatchObject({ type: 'sent' })
      expect(ads.sent).toMatchObject([{ to: 'email:ada@gmail.com\nphone:+351912345678' }])
    })

    test('needs a consent of its own', async () => {
      expect(await add()).toEqual({ type: 'dropped', reason: 'no_consent' })
    })

    test('goes nobody without e-mail and phone, and no test customer', async () => {
      await agree()
      expect(await add({ test: true })).toEqual({ type: 'dropped', reason: 'no_address' })
      await change({ traits: JSON.stringify({ first_name: 'Ada' }) })
      expect(await add({ deliveryId: 'c1.1.2.ads' })).toEqual({
        type: 'dropped',
        reason: 'no_address',
      })
      expect(ads.sent).toEqual([])
    })
  })

  describe('by push', () => {
    let push: FakeChannel<'push'>
    beforeEach(async () => {
      push = new FakeChannel('push', true)
      await db().deleteFrom('devices').execute()
      await db().updateTable('consents').set({ channel: 'push' }).execute()
    })
    const notify = (changes: Partial<DeliveryRequest> = {}) =>
      deliver({ channel: 'push', deliveryId: 'c1.1.1.push', ...changes }, null, {
        channels: fakeChannels({ email, push }),
      })
    const addDevice = (token: string, seen = 0) =>
      db()
        .insertInto('devices')
        .values({ token, customer_id: 'c1', last_seen_at: new Date(NOW + seen) })
        .execute()
    const devices = () =>
      db().selectFrom('devices').select(['token', 'reason']).orderBy('token').execute()
    const rowsToTell = () =>
      db().selectFrom('events').select('facts').where('type', '=', 'rules').execute()

    test('goes to every live device as one delivery, the one seen last before the others', async () => {
      await addDevice('old')
      await addDevice('new', 1_000)
      expect(await notify()).toMatchObject({ type: 'sent' })
      expect(push.sent).toMatchObject([
        { to: 'new\nold', content: { title: 'Hi', text: 'Ada' }, idempotencyKey: 'c1.1.1.push' },
      ])
      expect(await db().selectFrom('deliveries').select('delivery_id').execute()).toHaveLength(1)
    })

    test('nobody without a device is sent to', async () => {
      expect(await notify()).toEqual({ type: 'dropped', reason: 'no_address' })
    })

    test('needs a consent of its own', async () => {
      await addDevice('one')
      await db().updateTable('consents').set({ channel: 'email' }).execute()
      expect(await notify()).toEqual({ type: 'dropped', reason: 'no_consent' })
    })

    test('of a test customer never leaves', async () => {
      await addDevice('one')
      expect(await notify({ test: true })).toEqual({ type: 'dropped', reason: 'no_address' })
    })

    test('a device that the provider calls gone is removed; the actor hears of the last one', async () => {
      await addDevice('one')
      await addDevice('two')
      push.answers = [{ type: 'sent', providerId: 'p', dead: ['one'] }]
      expect(await notify()).toMatchObject({ type: 'sent' })
      expect(await devices()).toEqual([
        { token: 'one', reason: 'dead_address' },
        { token: 'two', reason: null },
      ])
      expect(await rowsToTell()).toEqual([])
      push.answers = [{ type: 'refused', reason: 'fcm_unregistered', dead: ['two'] }]
      expect(await notify({ deliveryId: 'c1.1.2.push' })).toMatchObject({ type: 'refused' })
      expect(await rowsToTell()).toEqual([{ facts: { has: { pushDevice: false } } }])
      expect(await notify({ deliveryId: 'c1.1.3.push' })).toMatchObject({ reason: 'no_address' })
    })

    test('what the provider can be asked about later is kept, and asked about in a quarter of an hour', async () => {
      await db().deleteFrom('push_tickets').execute()
      await addDevice('one')
      const tickets = [{ ticketId: 't1', token: 'one' }]
      push.answers = [{ type: 'sent', providerId: 't1', tickets }]
      await notify()
      const [row, ...others] = await db().selectFrom('push_tickets').selectAll().execute()
      expect(others).toEqual([])
      expect(row).toMatchObject({
        ticket_id: 't1',
        delivery_id: 'c1.1.1.push',
        customer_id: 'c1',
        token: 'one',
        attempts: 0,
      })
      expect(Number(row?.due_at) - Number(row?.sent_at)).toBe(15 * MINUTE_MS)
    })
  })

  test.each([
    ['es', 'Hola Ada', '¡Hola!'],
    ['pt-BR', 'Olá Ada', 'Olá!'],
    ['pt', 'Olá Ada', 'Olá!'],
    ['de', 'Hi Ada', 'Hi!'],
    [undefined, 'Hi Ada', 'Hi!'],
  ])(
    'sends who reads %s what the version took from the library in it',
    async (locale, subject, text) => {
      const said = (greeting: string) => ({
        email: { subject: `${greeting} {{ customer.traits.first_name }}`, html: `<p>${text}</p>` },
      })
      const { messages = {}, ...rest } = journey
      const greeting = {
        use: 'greeting',
        hash: 'f'.repeat(64),
        ...said('Hi'),
        locales: { es: said('Hola'), pt: said('Olá') },
      }
      await db()
        .updateTable('journey_versions')
        .set({
          definition: JSON.stringify({ ...rest, messages: { ...messages, hello: greeting } }),
        })
        .execute()
      await change({
        traits: JSON.stringify({ email: 'ada@example.com', first_name: 'Ada', locale }),
      })
      expect(await deliver()).toMatchObject({ type: 'sent' })
      expect(email.sent).toMatchObject([{ content: { subject, text } }])
    },
  )

  test('sends the rendered message with whole event, personal traits and the actor’s clock', async () => {
    expect(await deliver()).toEqual({ type: 'sent', atMs: NOW, providerId: 'p1' })
    expect(email.sent).toEqual([
      {
        idempotencyKey: 'c1.1.1.email',
        to: 'ada@example.com',
        content: { subject: 'Hi Ada', html: '<p>O-7 10:00</p>', text: 'O-7 10:00' },
        unsubscribeUrl: URL_OF_HELLO,
        test: false,
      },
    ])
    expect(await row()).toMatchObject({
      status: 'sent',
      provider_id: 'p1',
      to_address: 'ada@example.com',
      at: new Date(NOW),
      attempt: 1,
      class: 'marketing',
      followed: false,
      variants: null,
    })
  })

  test('one that the actor held before is then known by its class and variants', async () => {
    await db()
      .insertInto('deliveries')
      .values({
        delivery_id: request().deliveryId,
        customer_id: 'c1',
        run_id: 'c1.1',
        journey: 'welcome',
        version: 1,
        step: 'hello',
        message: 'hello',
        channel: 'email',
        class: null,
        status: 'held',
        reason: 'quiet_hours',
        at: new Date(NOW),
      })
      .execute()
    await deliver({ variants: ['tone:warm'] })
    expect(await row()).toMatchObject({
      status: 'sent',
      class: 'marketing',
      variants: ['tone:warm'],
    })
  })

  test('a mail that is followed leads over the links of its delivery; a webhook stays as it is', async () => {
    const trackingOf: DeliveryDeps['trackingOf'] = async (deliveryId) => ({
      pixelUrl: `https://t/o/${deliveryId}`,
      linkTo: (url, index) => `https://t/c/${deliveryId}/${index}`,
    })
    await deliver({ message: 'linked', variants: ['tone:warm'] }, null, { trackingOf })
    expect(await row()).toMatchObject({ followed: true, variants: ['tone:warm'] })
    expect(email.sent[0]?.content.html).toBe(
      '<a href="https://t/c/c1.1.1.email/0">no more</a>' +
        '<img src="https://t/o/c1.1.1.email" width="1" height="1" alt="" style="border:0">',
    )
    await deliver({ channel: 'webhook', class: 'relationship', deliveryId: 'w' }, null, {
      trackingOf,
    })
    expect(webhook.sent).toHaveLength(1)
    expect(JSON.stringify(webhook.sent[0])).not.toContain('https://t/')
  })

  test.each(['relationship', 'service'] as const)(
    '%s has nothing to unsubscribe from',
    async (kind) => {
      await deliver({ class: kind })
      expect(email.sent[0]).not.toHaveProperty('unsubscribeUrl')
    },
  )

  test.each(['marketing', 'relationship', 'service'] as const)(
    '%s can show the link of its own channel and delivery',
    async (kind) => {
      await deliver({ message: 'linked', class: kind })
      expect(email.sent[0]?.content.html).toBe(`<a href="${URL_OF_HELLO}">no more</a>`)
    },
  )

  test('writes the record of the turn first', async () => {
    const record: TurnRecord = {
      customerId: 'c1',
      turn: 4,
      entries: [],
      runs: [],
      deliveries: [],
      traits: { first_name: 'Grace' },
      page: {
        atMs: NOW,
        lifecycle: { state: 'hero', sinceMs: NOW, previous: null, reason: '' },
        deferred: [],
        nextWakeAtMs: null,
      },
      failures: [],
    }
    await deliver({}, record)
    expect(email.sent[0]?.content.subject).toBe('Hi Grace')
  })

  test('the row says sending, for all to see, while the conversation goes on', async () => {
    let seen: string | undefined
    email.during = async () => {
      seen = (await row())?.status
    }
    await deliver()
    expect(seen).toBe('sending')
  })

  test('a repeat answers the stored outcome and sends nothing', async () => {
    const first = await deliver()
    nowMs += MINUTE_MS
    expect(await deliver()).toEqual(first)
    expect(email.sent).toHaveLength(1)
  })

  describe('the gate', () => {
    test('consent withdrawn between decision and send', async () => {
      await grant(false)
      expect(await deliver()).toEqual({ type: 'dropped', reason: 'no_consent' })
      expect(email.sent).toEqual([])
      expect(await row()).toMatchObject({ status: 'dropped', reason: 'no_consent' })
    })

    test('consent withdrawn between two tries', async () => {
      email.answers = [{ type: 'unavailable', reason: 'smtp_450' }]
      await deliver()
      await grant(false)
      expect(await deliver({ attempt: 2 })).toEqual({ type: 'dropped', reason: 'no_consent' })
      expect(email.sent).toHaveLength(1)
    })

    test('marketing needs it on that channel, service needs none', async () => {
      expect(await deliver({ channel: 'webhook' })).toMatchObject({ type: 'dropped' })
      await grant(false)
      expect(await deliver({ class: 'service', deliveryId: 's' })).toMatchObject({ type: 'sent' })
    })

    test('no address', async () => {
      await change({ traits: '{}' })
      expect(await deliver()).toEqual({ type: 'dropped', reason: 'no_address' })
    })

    test('no customer', async () => {
      expect(await deliver({ customerId: 'gone' })).toMatchObject({ type: 'dropped' })
      expect(await row()).toBeUndefined()
    })
  })

  describe('a test customer', () => {
    test('without deliver_to: to the outbox, at the virtual instant', async () => {
      await change({ test: true })
      const virtualMs = NOW + 14 * 86_400_000
      expect(await deliver({ test: true, nowMs: virtualMs })).toMatchObject({ atMs: virtualMs })
      expect(email.sent).toEqual([])
      expect(outboxChannel.sent).toMatchObject([{ to: 'ada@example.com', test: true }])
    })

    test('with deliver_to: there', async () => {
      await change({ test: true, deliver_to: 'tester@example.com' })
      await deliver({ test: true })
      expect(email.sent).toMatchObject([{ to: 'tester@example.com' }])
    })

    test('is never mailed to a stranger, even where there is no outbox', async () => {
      await change({ test: true })
      const handler = createDeliveryActivities({
        db: db(),
        channels: fakeChannels({ email, webhook }),
        unsubscribeUrl,
        confirmUrl,
        now: () => nowMs,
        heartbeat: () => {},
      })
      const outcome = await handler.deliverMessage({ request: request(), record: null })
      expect(outcome).toEqual({ type: 'dropped', reason: 'no_address' })
    })
  })

  describe('killed in the middle of the conversation', () => {
    test.each(['marketing', 'relationship'] as const)('%s is not sent again', async (kind) => {
      await dieInConversation({ class: kind })
      expect(await row()).toMatchObject({ status: 'sending' })
      const unknown = { type: 'unknown', reason: 'died_in_conversation' }
      expect(await deliver({ class: kind })).toEqual(unknown)
      expect(await deliver({ class: kind, attempt: 2 })).toEqual(unknown)
      expect(email.sent).toHaveLength(1)
      expect(await row()).toMatchObject({ status: 'unknown' })
    })

    test('service is sent again under the same id', async () => {
      await dieInConversation({ class: 'service' })
      expect(await deliver({ class: 'service' })).toMatchObject({ type: 'sent' })
      const keys = email.sent.map(({ idempotencyKey }) => idempotencyKey)
      expect(keys).toEqual(['c1.1.1.email', 'c1.1.1.email'])
    })

    test('what comes of the repeat says that the first may have gone out', async () => {
      await dieInConversation({ class: 'service' })
      email.answers = [{ type: 'refused', reason: 'smtp_550' }]
      expect(await deliver({ class: 'service' })).toEqual({
        type: 'refused',
        reason: 'smtp_550',
        inDoubt: true,
      })
    })

    test('a channel that drops repeats gets it again under the same key', async () => {
      const way = { channel: 'webhook', class: 'relationship', deliveryId: 'w' } as const
      await dieInConversation(way)
      expect(await deliver(way)).toMatchObject({ type: 'sent' })
      expect(webhook.sent.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['w', 'w'])
      expect(webhook.sent[1]?.content.body).toEqual({ id: 'O-7' })
    })

    test('what may be out already is unknown, not dropped, when it has become forbidden', async () => {
      await dieInConversation({ class: 'service' })
      await change({ traits: '{}' })
      expect(await deliver({ class: 'service' })).toMatchObject({ type: 'unknown' })
    })

    test('one that lives on after all has the last word', async () => {
      email.during = async () => {
        email.during = () => Promise.resolve()
        expect(await deliver()).toMatchObject({ type: 'unknown' })
      }
      expect(await deliver()).toMatchObject({ type: 'sent' })
      expect(email.sent).toHaveLength(1)
      expect(await row()).toMatchObject({ status: 'sent' })
    })
  })

  test('two tries at once never both send', async () => {
    const answers = await Promise.allSettled([deliver(), deliver(), deliver()])
    expect(email.sent).toHaveLength(1)
    expect(answers.filter(({ status }) => status === 'fulfilled').length).toBeGreaterThan(0)
  })

  describe('a provider in trouble', () => {
    const busy: ChannelAnswer = {
      type: 'unavailable',
      reason: 'smtp_450',
      detail: '450 <ada@example.com> too much',
    }

    test.each([
      [1, undefined, 1],
      [2, undefined, 5],
      [3, undefined, 15],
      [4, undefined, 60],
      [9, undefined, 60],
      [1, 30 * MINUTE_MS, 30],
    ])(
      'try %i (asked to wait %s ms) comes again after %i minutes',
      async (attempt, afterMs, minutes) => {
        email.answers = [afterMs === undefined ? busy : { ...busy, afterMs }]
        const atMs = NOW + minutes * MINUTE_MS
        expect(await deliver({ attempt })).toEqual({ type: 'retryAt', atMs, reason: 'smtp_450' })
        expect(await row()).toMatchObject({
          status: 'queued',
          attempt,
          reason: `retry_at ${new Date(atMs).toISOString()}: smtp_450 – 450 <ada@example.com> too much`,
        })
      },
    )

    test.each(['held', 'parked'] as const)('a message that was %s goes out', async (status) => {
      email.answers = [busy]
      await deliver()
      await db().updateTable('deliveries').set({ status }).execute()
      expect(await deliver({ attempt: 2 })).toMatchObject({ type: 'sent' })
      expect(await row()).toMatchObject({ status: 'sent', attempt: 2, reason: null })
    })

    test('the next try sends', async () => {
      email.answers = [busy]
      await deliver()
      expect(await deliver({ attempt: 2 })).toMatchObject({ type: 'sent' })
      expect(await row()).toMatchObject({ status: 'sent', attempt: 2, reason: null })
    })

    test('a test customer’s retry is on the customer’s clock', async () => {
      await change({ test: true })
      outboxChannel.answers = [busy]
      const virtualMs = NOW + 86_400_000
      const outcome = await deliver({ test: true, nowMs: virtualMs })
      expect(outcome).toMatchObject({ type: 'retryAt', atMs: virtualMs + MINUTE_MS })
    })

    test('is given up when its time is over', async () => {
      email.answers = [busy]
      const outcome = await deliver({ attempt: 9, giveUpAtMs: NOW + 59 * MINUTE_MS })
      expect(outcome).toEqual({ type: 'refused', reason: 'gave_up: smtp_450' })
      expect(await deliver({ attempt: 9 })).toEqual(outcome)
      expect(await row()).toMatchObject({ status: 'failed' })
    })

    test('a refusal is final, and its words stay off the engine', async () => {
      const detail = '550 <ada@example.com> unknown'
      email.answers = [{ type: 'refused', reason: 'smtp_550', detail }]
      const outcome = await deliver()
      expect(outcome).toEqual({ type: 'refused', reason: 'smtp_550' })
      expect(await deliver()).toEqual(outcome)
      expect(await row()).toMatchObject({ status: 'failed', reason: `smtp_550 – ${detail}` })
    })

    test('a lost reply: unknown for marketing, again for service', async () => {
      email.answers = [{ type: 'unknown', reason: 'smtp_timedout' }]
      expect(await deliver()).toEqual({ type: 'unknown', reason: 'smtp_timedout' })
      email.answers = [{ type: 'unknown', reason: 'smtp_timedout' }]
      const service = { class: 'service', deliveryId: 's' } as const
      expect(await deliver(service)).toMatchObject({ type: 'retryAt', inDoubt: true })
      expect(await deliver({ ...service, attempt: 2 })).toMatchObject({ type: 'sent' })
    })
  })

  describe('a message that cannot be written', () => {
    test('reads what the customer does not have', async () => {
      const outcome = await deliver({ message: 'broken' })
      expect(outcome).toEqual({ type: 'refused', reason: 'template_error: line 1, column 4' })
      expect(await row()).toMatchObject({
        status: 'failed',
        reason: 'template_error: line 1, column 4 – "customer.traits.shoe_size" is not there.',
      })
      expect(await deliver({ message: 'broken' })).toEqual(outcome)
    })

    test('is not there', async () => {
      expect(await deliver({ message: 'nope' })).toMatchObject({ type: 'refused' })
    })
  })

  test('tells the engine that it lives while the conversation goes on', async () => {
    let beats = 0
    await deliver({}, null, { heartbeat: () => beats++ })
    expect(beats).toBe(1)
  })

  test('an outcome that SQL cannot take at once is stored a moment later', async () => {
    let failures = 2
    const flaky = new Proxy(db(), {
      get(target, name) {
        const member: unknown = Reflect.get(target, name)
        if (name === 'insertInto' && email.sent.length > 0 && failures-- > 0) {
          throw new Error('terminating connection')
        }
        return typeof member === 'function' ? member.bind(target) : member
      },
    })
    expect(await deliver({}, null, { db: flaky })).toMatchObject({ type: 'sent' })
    expect(await row()).toMatchObject({ status: 'sent' })
  })

  test('a mail caught by the catcher is linked to its delivery', async () => {
    const catcher = await startMailCatcher({ store: (mail) => insertOutboxMail(db(), mail) })
    const caught = createEmailChannel({ smtpUrl: catcher.smtpUrl })
    await change({ test: true })
    await deliver({ test: true }, null, { outbox: { email: caught } })
    await caught.close()
    await catcher.stop()
    expect(await listOutbox(db(), { beforeId: null, customerId: null, limit: 10 })).toMatchObject([
      {
        to: ['ada@example.com'],
        subject: 'Hi Ada',
        delivery: { customerId: 'c1', journey: 'welcome', version: 1, step: 'hello' },
      },
    ])
  })
})

async function clear(db: Kysely<Database>): Promise<void> {
  for (const table of [
    'outbox',
    'deliveries',
    'consents',
    'events',
    'journey_versions',
    'journeys',
    'customers',
  ] as const) {
    await db.deleteFrom(table).execute()
  }
}

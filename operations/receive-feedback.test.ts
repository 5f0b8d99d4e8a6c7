import { beforeEach, describe, expect, test } from 'vitest'
import type { DeliveryFeedback } from '../domain/feedback/feedback-event.ts'
import { createLog } from '../platform/log.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { Deliveries } from '../test/support/deliveries.ts'
import { createPublishedRules } from './published-rules.ts'
import { receiveFeedback, refuseForged } from './receive-feedback.ts'

const SENT_MS = Date.parse('2026-03-02T09:00:00Z')
const HARD: DeliveryFeedback = { kind: 'bounce', permanent: true, status: '5.1.1', recipient: null }
const SOFT: DeliveryFeedback = { ...HARD, permanent: false, status: '4.2.2' }
const COMPLAINT: DeliveryFeedback = { kind: 'complaint', feedbackType: 'abuse' }
const visit = { method: 'GET', userAgent: 'Thunderbird', purpose: '' }
const OPEN: DeliveryFeedback = { kind: 'open', visit }
const CLICK: DeliveryFeedback = { kind: 'click', visit, index: 2, url: 'https://shop.example/a' }

describeOnEachDatabase('what came back of a mail', (db) => {
  let world: Deliveries
  let pending: string[]
  beforeEach(async () => {
    world = new Deliveries(db())
    await world.beginWithOne('ada')
    pending = []
  })
  const receive = (
    feedback: DeliveryFeedback | null,
    deliveryId: string | null = 'ada.1.1.email',
    changes: { messageId?: string } = {},
  ) =>
    receiveFeedback(deps(), {
      source: 'smtp',
      deliveryId: deliveryId ?? undefined,
      feedback,
      ...changes,
    })
  const deps = () => ({
    db: db(),
    rules: createPublishedRules(),
    now: () => SENT_MS + 3_600_000,
    onPending: (ids: string[]) => void pending.push(...ids),
    log: createLog({ level: 'silent' }),
  })
  const events = () =>
    db()
      .selectFrom('events')
      .select(['customer_id', 'name', 'properties', 'status'])
      .where('type', '=', 'track')
      .orderBy('seq')
      .execute()
  const blocked = () =>
    db().selectFrom('blocked_addresses').select(['address', 'reason', 'source']).execute()
  const counts = () =>
    db().selectFrom('feedback_counts').select(['source', 'kind', 'verdict', 'count']).execute()
  const about = {
    email_id: 'ada.1.1.email',
    journey: 'welcome',
    version: 1,
    step: 'hello',
    message: 'hello',
  }

  test('a hard bounce is an event, and excludes the address that it was sent to', async () => {
    expect(await receive(HARD)).toBe('recorded')
    expect(await events()).toEqual([
      {
        customer_id: 'ada',
        name: 'Email Bounced',
        properties: { ...about, email: 'ada@example.com', type: 'hard', status: '5.1.1' },
        status: 'filtered',
      },
    ])
    expect(await blocked()).toEqual([
      { address: 'ada@example.com', reason: 'hardBounce', source: 'event Email Bounced' },
    ])
    expect(pending).toEqual(['ada'])
  })

  test('nothing is sent there any more', async () => {
    await receive(HARD)
    expect(await world.deliver('ada', { deliveryId: 'ada.1.2.email' })).toMatchObject({
      type: 'dropped',
    })
  })

  test('so does a complaint', async () => {
    expect(await receive(COMPLAINT)).toBe('recorded')
    expect(await events()).toMatchObject([
      { name: 'Email Marked as Spam', properties: { feedback_type: 'abuse' } },
    ])
    expect(await blocked()).toMatchObject([{ reason: 'spamComplaint' }])
  })

  test('a soft bounce is an event, and excludes nothing', async () => {
    expect(await receive(SOFT)).toBe('recorded')
    expect(await events()).toMatchObject([{ properties: { type: 'soft', status: '4.2.2' } }])
    expect(await blocked()).toEqual([])
  })

  test('opens and clicks by machines are events of other names, which nobody counts as a person', async () => {
    await receive(OPEN)
    await receive({ ...OPEN, visit: { ...visit, userAgent: 'YahooMailProxy' } })
    await receive(CLICK)
    expect(await events()).toMatchObject([
      { name: 'Email Opened', properties: about },
      { name: 'Email Opened by Machine', properties: { ...about, machine_reason: 'proxy' } },
      {
        name: 'Email Link Clicked',
        properties: { link_id: 2, link_url: 'https://shop.example/a' },
      },
    ])
  })

  test('the delivery says when which kind first came, for whoever counts', async () => {
    const marks = async () => {
      const { bounced_at, complained_at, opened_at, machine_opened_at, clicked_at } = await db()
        .selectFrom('deliveries')
        .selectAll()
        .executeTakeFirstOrThrow()
      return { bounced_at, complained_at, opened_at, machine_opened_at, clicked_at }
    }
    const at = new Date(SENT_MS + 3_600_000)
    const none = { bounced_at: null, complained_at: null, opened_at: null, clicked_at: null }
    await receive({ ...OPEN, visit: { ...visit, userAgent: '' } })
    await receive({ ...CLICK, visit: { ...visit, userAgent: '' } })
    expect(await marks()).toEqual({ ...none, machine_opened_at: at })
    await receive(OPEN)
    await receive(CLICK)
    await db()
      .updateTable('deliveries')
      .set({ clicked_at: new Date(SENT_MS) })
      .execute()
    await receive({ ...CLICK, index: 3 })
    await receive(SOFT)
    await receive(COMPLAINT)
    expect(await marks()).toEqual({
      bounced_at: at,
      complained_at: at,
      opened_at: at,
      machine_opened_at: at,
      clicked_at: new Date(SENT_MS),
    })
  })

  test('a repeat counts once', async () => {
    for (const each of [HARD, OPEN, CLICK]) {
      expect(await receive(each)).toBe('recorded')
      expect(await receive(each)).toBe('repeated')
    }
    expect(await events()).toHaveLength(3)
  })

  test('of somebody who was merged it is the survivor’s', async () => {
    await world.addCustomer('bob')
    await db()
      .updateTable('customers')
      .set({ merged_into: 'bob' })
      .where('customer_id', '=', 'ada')
      .execute()
    expect(await receive(HARD)).toBe('recorded')
    expect(await events()).toMatchObject([{ customer_id: 'bob', name: 'Email Bounced' }])
    expect(await blocked()).toMatchObject([{ address: 'ada@example.com' }])
    expect(pending).toEqual(['bob'])
  })

  test('rules of the contact policy that name the event block as they say', async () => {
    const open = [{ event: 'Email Bounced' }]
    const blocks = { channel: 'email', property: 'email' } as const
    await world.enforce({}, { exclusions: [{ name: 'anyBounce', open, blocks }] })
    await receive(SOFT)
    expect(await blocked()).toMatchObject([{ address: 'ada@example.com', reason: 'anyBounce' }])
  })

  describe('changes nothing', () => {
    test.each<[string, () => ReturnType<typeof receive>, string]>([
      ['about no delivery', () => receive(HARD, null), 'unknown'],
      ['about one that is not there', () => receive(HARD, 'ada.9.9.email'), 'unknown'],
      [
        'of a provider that knows another Message-ID',
        () => receive(HARD, 'ada.1.1.email', { messageId: '<other@shop.example>' }),
        'unknown',
      ],
      ['what is not understood', () => receive(null), 'unread'],
    ])('%s', async (_, give, verdict) => {
      await db()
        .updateTable('deliveries')
        .set({ provider_id: '<ada.1.1.email@shop.example>' })
        .execute()
      expect(await give()).toBe(verdict)
      expect(await events()).toEqual([])
      expect(await blocked()).toEqual([])
      expect(pending).toEqual([])
      expect(await counts()).toHaveLength(1)
    })

    test('about a message that never went out', async () => {
      await db().updateTable('deliveries').set({ status: 'dropped' }).execute()
      expect(await receive(HARD)).toBe('unknown')
    })

    test('about somebody who is being erased', async () => {
      await db().updateTable('customers').set({ erasing_at: new Date() }).execute()
      expect(await receive(HARD)).toBe('unknown')
      expect(await blocked()).toEqual([])
    })

    test('what is forged; it is counted', async () => {
      await refuseForged(deps(), 'mailgun')
      await refuseForged(deps(), 'mailgun')
      expect(await counts()).toEqual([
        { source: 'mailgun', kind: 'none', verdict: 'forged', count: 2 },
      ])
    })
  })
})

describeOnEachDatabase('what came back of a notification', (db) => {
  const DEVICE = { token: 'ExponentPushToken[one]', ticketId: 't1' }
  const GONE: DeliveryFeedback = {
    kind: 'undelivered',
    permanent: true,
    reason: 'expo_devicenotregistered',
    device: DEVICE,
  }
  const about = { delivery_id: 'ada.1.1.push', journey: 'welcome', version: 1, step: 'hello' }
  let world: Deliveries
  beforeEach(async () => {
    world = new Deliveries(db())
    await world.beginWithOne('ada', {
      delivery_id: 'ada.1.1.push',
      channel: 'push',
      to_address: `${DEVICE.token}\ntwo`,
    })
  })
  const receive = (feedback: DeliveryFeedback) =>
    receiveFeedback(
      {
        db: db(),
        rules: createPublishedRules(),
        now: () => SENT_MS + 3_600_000,
        onPending: () => {},
        log: createLog({ level: 'silent' }),
      },
      { source: 'expo', deliveryId: 'ada.1.1.push', feedback },
    )
  const logged = (type: 'track' | 'rules') =>
    db()
      .selectFrom('events')
      .select(['name', 'properties', 'facts'])
      .where('type', '=', type)
      .execute()
  const devices = () =>
    db().selectFrom('devices').select(['token', 'reason']).orderBy('token').execute()
  const marks = () =>
    db().selectFrom('deliveries').select(['delivered_at', 'bounced_at']).executeTakeFirst()
  const at = new Date(SENT_MS + 3_600_000)

  test('that Apple or Google took it is noted on the delivery, and is no event', async () => {
    expect(await receive({ kind: 'delivered', device: DEVICE })).toBe('recorded')
    expect(await receive({ kind: 'delivered', device: DEVICE })).toBe('repeated')
    expect(await logged('track')).toEqual([])
    expect(await marks()).toEqual({ delivered_at: at, bounced_at: null })
  })

  test('a device that is gone is removed, with an event, once; the actor hears of the last one', async () => {
    expect(await receive(GONE)).toBe('recorded')
    expect(await receive(GONE)).toBe('repeated')
    expect(await logged('track')).toMatchObject([
      {
        name: 'Push Notification Bounced',
        properties: { ...about, type: 'hard', reason: 'expo_devicenotregistered' },
      },
    ])
    expect(await devices()).toEqual([
      { token: DEVICE.token, reason: 'expo_devicenotregistered' },
      { token: 'two', reason: null },
    ])
    expect(await logged('rules')).toEqual([])
    expect(await receive({ ...GONE, device: { token: 'two', ticketId: 't2' } })).toBe('recorded')
    expect(await logged('rules')).toMatchObject([{ facts: { has: { pushDevice: false } } }])
    expect(await logged('track')).toHaveLength(2)
    expect(await db().selectFrom('blocked_addresses').selectAll().execute()).toEqual([])
  })

  test('what may pass leaves the device where it is', async () => {
    const reason = 'expo_messageratexceeded'
    expect(await receive({ ...GONE, permanent: false, reason })).toBe('recorded')
    expect(await logged('track')).toMatchObject([{ properties: { type: 'soft', reason } }])
    expect(await devices()).toMatchObject([{ reason: null }, { reason: null }])
    expect(await marks()).toEqual({ delivered_at: null, bounced_at: at })
  })

  test('a device that is by now another customer’s stays there', async () => {
    await world.addCustomer('bob')
    await db().updateTable('devices').set({ customer_id: 'bob' }).execute()
    expect(await receive(GONE)).toBe('recorded')
    expect(await devices()).toMatchObject([{ reason: null }, { reason: null }])
  })
})

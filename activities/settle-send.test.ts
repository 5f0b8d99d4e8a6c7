import { beforeEach, expect, test } from 'vitest'
import { createChannels } from '../channels/index.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import { claimSend } from '../db/send-claims.ts'
import { storeSendResult } from '../db/sends.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { createSettleSend } from './settle-send.ts'

const NOW = Date.parse('2026-03-02T09:00:00Z')
const SECRET = `whsec_${Buffer.alloc(32, 7).toString('base64')}`
const channels = createChannels({
  agentTask: { keep: async () => true },
  audienceSync: {
    secret: SECRET,
    uploads: { remember: async () => 'remembered', forget: async () => {} },
  },
  email: { smtpUrl: 'smtp://127.0.0.1:1' },
  webhook: { secret: SECRET },
})

describeOnEachDatabase('settleSend', (db) => {
  let count = 0
  let request: DeliveryRequest
  const settle = (changes: Partial<DeliveryRequest> = {}) =>
    createSettleSend({ db: db(), channels, now: () => NOW })({
      request: { ...request, ...changes },
      record: null,
    })
  const row = () =>
    db()
      .selectFrom('deliveries')
      .select(['status', 'reason', 'at'])
      .where('delivery_id', '=', request.deliveryId)
      .executeTakeFirst()
  const begin = (changes: Partial<DeliveryRequest> = {}) =>
    claimSend(
      db(),
      { ...request, ...changes },
      { to: 'ada@example.com', at: new Date(NOW), isRepeat: false },
    )

  beforeEach(async () => {
    const customerId = `c${++count}`
    request = {
      deliveryId: `${customerId}.1.1.email`,
      customerId,
      test: false,
      runId: `${customerId}.1`,
      journey: 'welcome',
      version: 1,
      hash: 'h',
      step: 'hello',
      message: 'hello',
      channel: 'email',
      class: 'marketing',
      attempt: 1,
      entry: { seq: null, name: '', occurredAtMs: NOW, receivedAtMs: NOW, properties: {} },
      nowMs: NOW,
      giveUpAtMs: NOW,
      lifecycle: 'new',
      counts: {},
    }
    await db()
      .insertInto('customers')
      .values({ customer_id: customerId, created_at: new Date(NOW) })
      .execute()
  })

  test('one that never began is withdrawn, and leaves no row', async () => {
    expect(await settle()).toEqual({ type: 'withdrawn' })
    expect(await row()).toBeUndefined()
  })

  test('a try that died in its conversation is unknown, where it may not be repeated', async () => {
    await begin()
    const unknown = { type: 'unknown', reason: 'died_in_conversation' }
    expect(await settle()).toEqual(unknown)
    expect(await row()).toEqual({
      status: 'unknown',
      reason: 'died_in_conversation',
      at: new Date(NOW),
    })
    expect(await settle()).toEqual(unknown)
  })

  test.each([{ class: 'service' }, { channel: 'webhook' }] as const)(
    'where it may be repeated, it is left to the next time it is wanted: %o',
    async (changes) => {
      await begin(changes)
      expect(await settle(changes)).toEqual({ type: 'withdrawn', inDoubt: true })
      expect(await row()).toMatchObject({ status: 'queued' })
    },
  )

  test('a try that came to its end is answered as it ended', async () => {
    await begin()
    const at = new Date(NOW + 1)
    await storeSendResult(db(), request, { status: 'sent', reason: null, providerId: 'p1', at })
    expect(await settle()).toEqual({ type: 'sent', atMs: NOW + 1, providerId: 'p1' })
  })

  test('writes the record that the send was to carry', async () => {
    const { customerId } = request
    const lifecycle = { state: 'hero', sinceMs: NOW, previous: null, reason: '' } as const
    await createSettleSend({ db: db(), channels, now: () => NOW })({
      request,
      record: {
        customerId,
        turn: 1,
        entries: [{ atMs: NOW, kind: 'run', summary: 'entered', data: {} }],
        runs: [],
        deliveries: [],
        traits: {},
        page: { atMs: NOW, lifecycle, deferred: [], nextWakeAtMs: null },
        failures: [],
      },
    })
    const entries = db().selectFrom('timeline_entries').select('summary')
    expect(await entries.where('customer_id', '=', customerId).execute()).toEqual([
      { summary: 'entered' },
    ])
  })
})

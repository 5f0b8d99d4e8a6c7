import { beforeEach, expect, test } from 'vitest'
import { insertConsentRequest } from '../db/consent-requests.ts'
import { insertConsentText } from '../db/consent-texts.ts'
import { insertCustomers, updateProfiles } from '../db/customer-profiles.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import { CONSENT_REQUESTED } from '../domain/customers/double-opt-in.ts'
import { Deliveries } from '../test/support/deliveries.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { asksToConfirm, findConfirmation } from './confirmation.ts'
import type { SendTry } from './send-try.ts'

const NOW_MS = Date.parse('2026-11-02T09:00:00Z')

describeOnEachDatabase('the link of a message to confirm', (db) => {
  let count = 0
  let customerId: string
  let requestId: string

  beforeEach(async () => {
    customerId = `c${++count}`
    requestId = `r${count}`
    await db()
      .transaction()
      .execute(async (trx) => {
        await insertCustomers(trx, [{ customerId, atMs: NOW_MS }])
        const traits = { email: 'ada@example.com' }
        await updateProfiles(trx, [{ customerId, traits, origins: {}, known: true, zone: 'UTC' }])
        await insertConsentText(trx, {
          version: 'news-1',
          locale: 'en',
          wording: 'News',
          hash: 'h',
          publishedAt: new Date(NOW_MS),
          publishedBy: null,
        })
        await insertConsentRequest(trx, customerId, {
          requestId,
          purpose: 'marketing',
          channel: 'email',
          textVersion: 'news-1',
          address: 'ada@example.com',
          source: 'form',
          proof: null,
          requestedAtMs: NOW_MS,
          expiresAtMs: NOW_MS + 1_000,
        })
      })
  })

  const find = (
    { of = requestId, nowMs = NOW_MS }: { of?: string; nowMs?: number } = {},
    changes: Partial<DeliveryRequest> = {},
  ) => {
    const sends = new Deliveries(db())
    const name = CONSENT_REQUESTED
    const entry = { ...sends.request(customerId).entry, name }
    const request = sends.request(customerId, { class: 'service', entry, ...changes })
    const facts = { entryProperties: { requestId: of } }
    const current = { db: db(), request, facts, judgedAtMs: nowMs } as unknown as SendTry
    return findConfirmation(current, async (subject) => `/c/${subject.requestId}`)
  }

  test('is there while the request is open', async () => {
    expect(await find()).toEqual({ type: 'open', url: `/c/${requestId}` })
  })

  test('is closed once nothing is left to be confirmed, and says why', async () => {
    expect(await find({ nowMs: NOW_MS + 1_000 })).toEqual({
      type: 'closed',
      reason: 'request_expired',
    })
  })

  test.each(['marketing', 'relationship'] as const)('is not there in class %s', async (other) => {
    expect(await find({}, { class: other })).toEqual({ type: 'none' })
  })

  test('is not there for runs that began otherwise', async () => {
    const { entry } = new Deliveries(db()).request(customerId)
    expect(await find({}, { entry })).toEqual({ type: 'none' })
  })

  test('is not there for an event that names nothing, or somebody else’s request', async () => {
    expect(await find({ of: 'made up' })).toEqual({ type: 'none' })
    expect(await find({ of: `r${count - 1}` })).toEqual({ type: 'none' })
  })
})

test.each([
  [true, { subject: 's', html: '<a href="{{ confirmUrl }}">' }],
  [true, { url: 'u', body: { deep: ['{{confirmUrl}}'] } }],
  [false, { subject: 'confirmUrl', html: '{{ unsubscribeUrl }}' }],
])('whether a message asks to confirm is %s for %j', (asks, content) => {
  expect(asksToConfirm(content)).toBe(asks)
})

import { expect, test } from 'vitest'
import type { SendFacts } from '../db/sends.ts'
import type { DeliveryRequest } from '../domain/actor/effects.ts'
import { FakeChannel, fakeChannels } from '../test/support/fake-channel.ts'
import { prepareSend, type Ways } from './prepare-send.ts'

const NOW_MS = Date.parse('2026-11-02T09:00:00Z')
const REQUEST = {
  deliveryId: 'c1.1.1.email',
  channel: 'email',
  class: 'service',
  test: false,
  entry: { name: 'Signed Up', properties: {}, occurredAtMs: NOW_MS, receivedAtMs: NOW_MS },
  nowMs: NOW_MS,
  lifecycle: 'new',
  counts: {},
} as unknown as DeliveryRequest
const FACTS = {
  traits: { email: 'ada@example.com' },
  zone: 'UTC',
  consents: [],
  exclusions: [],
  message: { email: { subject: 'Hi', html: '<a href="https://shop.example">Shop</a>' } },
} as unknown as SendFacts

test.each<[boolean, Ways['confirmation']]>([
  [true, { type: 'none' }],
  [false, { type: 'open', url: 'https://rumbo.test/c/1' }],
  [false, { type: 'closed', reason: 'request_expired' }],
])('is followed: %j, where there is to be confirmed: %j', async (isFollowed, confirmation) => {
  const email = new FakeChannel('email', false)
  const ways: Ways = {
    channels: fakeChannels({ email }),
    outbox: {},
    unsubscribeUrl: 'https://rumbo.test/u/1',
    confirmation,
    tracking: { pixelUrl: 'https://rumbo.test/t/o', linkTo: () => 'https://rumbo.test/t/c' },
  }
  const prepared = prepareSend(REQUEST, FACTS, { ways, policy: undefined, atMs: NOW_MS })
  if (prepared.type !== 'ready') throw new Error(prepared.reason)
  await prepared.send(1_000)
  expect(email.sent[0]?.content.html.includes('rumbo.test/t/')).toBe(isFollowed)
})

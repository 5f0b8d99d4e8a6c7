import { expect, test } from 'vitest'
import { readLink } from '../platform/preference-link.ts'
import { readClicked, readOpened } from '../platform/tracking-link.ts'
import { createLinkWriters } from './link-writer.ts'

const subject = { customerId: 'c1', purpose: 'marketing', channel: 'email', deliveryId: 'd1' }
const secret = 'a secret'

test('a link begins with the public address, and its token leads back', async () => {
  const publicUrl = 'https://example.com/rumbo'
  const link = await createLinkWriters({
    secret,
    publicUrl,
    ownUrl: 'http://127.0.0.1:1',
  }).unsubscribeUrl(subject)
  const [start, token = ''] = link.split('/u/')
  expect(start).toBe(publicUrl)
  expect(readLink(token, secret)).toEqual(subject)
})

test('mails are followed where that is wanted, but for what leads to us anyway', async () => {
  const publicUrl = 'https://example.com/rumbo'
  const settings = { secret, publicUrl, ownUrl: '' }
  expect(createLinkWriters(settings).trackingOf).toBeUndefined()
  const tracking = await createLinkWriters({ ...settings, tracksMails: true }).trackingOf?.('d1')
  const [start, token = ''] = tracking?.pixelUrl.split('/t/o/') ?? []
  expect([start, readOpened(token.replace('.gif', ''), secret)]).toEqual([publicUrl, 'd1'])
  const url = 'https://shop.example/a'
  const link = tracking?.linkTo(url, 2)?.split('/t/c/')[1] ?? ''
  expect(readClicked(link, secret)).toEqual({ deliveryId: 'd1', index: 2, url })
  expect(tracking?.linkTo(`${publicUrl}/u/token`, 0)).toBeUndefined()
  expect(tracking?.linkTo(`https://shop.example/${'a'.repeat(1_000)}`, 0)).toBeUndefined()
})

test('without one, links wait for the address of a server that picks its own port', async () => {
  const { promise: ownUrl, resolve } = Promise.withResolvers<string>()
  const writing = createLinkWriters({ secret, publicUrl: undefined, ownUrl }).unsubscribeUrl(
    subject,
  )
  resolve('http://127.0.0.1:4711')
  expect(await writing).toMatch(/^http:\/\/127\.0\.0\.1:4711\/u\//)
})

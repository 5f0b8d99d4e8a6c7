import { expect, test } from 'vitest'
import { readLink } from '../platform/preference-link.ts'
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

test('without one, links wait for the address of a server that picks its own port', async () => {
  const { promise: ownUrl, resolve } = Promise.withResolvers<string>()
  const writing = createLinkWriters({ secret, publicUrl: undefined, ownUrl }).unsubscribeUrl(
    subject,
  )
  resolve('http://127.0.0.1:4711')
  expect(await writing).toMatch(/^http:\/\/127\.0\.0\.1:4711\/u\//)
})

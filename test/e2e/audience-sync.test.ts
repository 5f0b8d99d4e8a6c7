import { randomUUID } from 'node:crypto'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { JsonObject } from '../../domain/json.ts'
import { journey } from '../support/journeys.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'
import { startWebhookReceiver, type WebhookReceiver } from '../support/webhook-receiver.ts'

let rumbo: TestRumbo
let platform: WebhookReceiver
/** What the platform says to calls to come. */
let status = 200
let userId: string

beforeAll(async () => {
  rumbo = await startTestRumbo(await connectEmbedded())
  platform = await startWebhookReceiver(
    () => {},
    () => ({ status }),
  )
  const ads = (key: string, event: string, action: 'add' | 'remove') =>
    journey(key, {
      class: 'marketing',
      entry: { on: [{ event }], reentry: { mode: 'afterExit' } },
      start: 'tell',
      steps: {
        tell: { type: 'message', message: 'ads', next: 'end' },
        end: { type: 'exit' },
      },
      messages: {
        ads: {
          audience_sync: { url: platform.url, list: 'spring', action, platform: 'google' },
        },
      },
    })
  await rumbo.publish(ads('on', 'Product Viewed', 'add'), ads('off', 'Order Completed', 'remove'))
})
afterAll(async () => {
  await rumbo.stop()
  await platform.stop()
})

/** A real customer: nobody who is made for tests is ever told of. */
beforeEach(async () => {
  status = 200
  userId = `user-${randomUUID()}`
  await identify({ email: `${userId}@example.com` })
  await agree(true)
})

const identify = (traits: JsonObject) => rumbo.call('POST', '/v1/identify', { userId, traits })
const agree = async (granted: boolean) => {
  const path = `/v1/customers/user:${userId}/consents/marketing/audience_sync`
  const answer = await rumbo.call('PUT', path, { granted, source: 'test' })
  expect(answer.status).toBe(200)
}
const did = (event: string) =>
  rumbo.call('POST', '/v1/track?wait=handled', { userId, event, messageId: randomUUID() })
interface Change {
  readonly action: string
  readonly identifiers: readonly { readonly sha256: string }[]
}
/** What the platform acted on since so many calls. */
const told = (since: number): Change[] =>
  [...platform.accepted.values()].slice(since) as unknown as Change[]
const actions = (since: number): string[] => told(since).map(({ action }) => action)
const until = (since: number, ...wanted: string[]) =>
  eventually(`the platform is told ${wanted.join(', ')}`, async () => {
    return JSON.stringify(actions(since)) === JSON.stringify(wanted)
  })
const remembered = () => rumbo.db.selectFrom('audience_uploads').select('status').execute()

test('whoever agreed is put on the list, and taken off it when the yes is withdrawn', async () => {
  const since = platform.accepted.size
  await did('Product Viewed')
  await until(since, 'add')
  await agree(false)
  await until(since, 'add', 'remove')
  const [added, removed] = told(since)
  expect(removed?.identifiers).toEqual(added?.identifiers)
  await eventually('it is forgotten', async () => (await remembered()).length === 0)
})

test('whoever is forgotten is taken off, also by a platform that was away meanwhile', async () => {
  const since = platform.accepted.size
  await did('Product Viewed')
  await until(since, 'add')
  status = 503
  const erased = await rumbo.call('DELETE', `/v1/customers/user:${userId}`)
  expect(erased.status).toBe(200)
  expect(await remembered()).toEqual([{ status: 'removing' }])
  status = 200
  await rumbo.db.updateTable('audience_uploads').set({ due_at: new Date() }).execute()
  await until(since, 'add', 'remove')
  await eventually('it is forgotten', async () => (await remembered()).length === 0)
})

test('a journey takes off whom it put there', async () => {
  const since = platform.accepted.size
  await did('Product Viewed')
  await until(since, 'add')
  await did('Order Completed')
  await until(since, 'add', 'remove')
  await eventually('it is forgotten', async () => (await remembered()).length === 0)
})

test('whoever has another address stays on the list by that one alone', async () => {
  const since = platform.accepted.size
  await did('Product Viewed')
  await until(since, 'add')
  await identify({ email: `new-${userId}@example.com` })
  await until(since, 'add', 'remove', 'add')
  const [added, removed, anew] = told(since)
  expect(removed?.identifiers).toEqual(added?.identifiers)
  expect(anew?.identifiers).not.toEqual(added?.identifiers)
  await agree(false)
  await until(since, 'add', 'remove', 'add', 'remove')
  await eventually('it is forgotten', async () => (await remembered()).length === 0)
})

test('whoever cannot be known by a platform is in no journey to one', async () => {
  const since = platform.accepted.size
  await identify({ email: null })
  await did('Product Viewed')
  const { body } = await rumbo.call('GET', `/v1/customers/user:${userId}/decisions`)
  expect(JSON.stringify(body)).toContain('no_address')
  expect(actions(since)).toEqual([])
})

test('none of the hashes is on the engine or in the log', async () => {
  const hashes = told(0).flatMap(({ identifiers }) => identifiers.map(({ sha256 }) => sha256))
  expect(hashes.length).toBeGreaterThan(0)
  const log = rumbo.readLog()
  expect(hashes.filter((hash) => log.includes(hash))).toEqual([])
})

import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { connectEmbedded } from '../../db/connect.ts'
import type { ContactPolicy } from '../../domain/contact/policy.ts'
import type { Journey } from '../../domain/journeys/journey.ts'
import { customerWorkflowId } from '../../workflows/customer-messages.ts'
import { eventually, startTestRumbo, type TestRumbo } from '../support/rumbo.ts'

const oneMessage: Journey = {
  key: 'one-message',
  class: 'service',
  arbitration: { mode: 'auto', value: 10 },
  entry: { on: [{ event: 'Signed Up' }], reentry: { mode: 'afterExit' } },
  start: 'hello',
  steps: { hello: { type: 'message', message: 'hello', next: 'done' }, done: { type: 'exit' } },
  messages: { hello: { email: { subject: 'Hello', html: '<p>Hello</p>' } } },
}

/** Of every kind of rule one that has to be looked at for the message, and that lets it through at any hour. */
const policy: ContactPolicy = {
  caps: [{ name: 'monthly', max: 5, window: { calendar: 'month' }, onCap: 'hold' }],
  quietHours: [{ classes: ['marketing'], from: '22:00', until: '08:00' }],
  groups: [{ name: 'gold', when: "customer.traits.tier == 'gold'" }, { name: 'others' }],
  matrix: [{ groups: ['others'], channels: ['webhook'], do: 'drop' }],
  exclusions: [{ preset: 'complaintOpen' }, { preset: 'influencer' }],
}

/** Cost on the engine, counted in history events: it does not depend on the machine. */
describe.each([
  ['without contact rules', {}],
  ['with contact rules, whose gate costs no event', policy],
])('the history of an actor %s', (_, rules) => {
  let rumbo: TestRumbo
  beforeAll(async () => {
    rumbo = await startTestRumbo(await connectEmbedded())
    await rumbo.publish(oneMessage)
    const { status, body } = await rumbo.call('PUT', '/v1/contact-policy', rules)
    expect(status, JSON.stringify(body)).toBeLessThan(300)
    await rumbo.call('POST', '/v1/identify', { userId: 'u1', traits: { email: 'u1@example.com' } })
    await rumbo.call('POST', '/v1/track?wait=handled', { userId: 'u1', event: 'Product Viewed' })
  })
  afterAll(() => rumbo.stop())

  const eventTypes = async (): Promise<string[]> => {
    const { customer_id: customerId } = await rumbo.db
      .selectFrom('identities')
      .select('customer_id')
      .where('value', '=', 'u1')
      .executeTakeFirstOrThrow()
    const { events } = await rumbo.client.workflow
      .getHandle(customerWorkflowId(customerId))
      .fetchHistory()
    return (events ?? []).map(
      (event) => Object.keys(event).find((name) => name.endsWith('EventAttributes')) ?? '?',
    )
  }
  const isDelivered = async (): Promise<boolean> => {
    const open = await rumbo.db
      .selectFrom('events')
      .leftJoin('batches', (join) =>
        join
          .onRef('batches.customer_id', '=', 'events.customer_id')
          .onRef('batches.n', '=', 'events.batch'),
      )
      .select('seq')
      .where((where) =>
        where.or([
          where('status', '=', 'pending'),
          where.and([where('batches.n', 'is not', null), where('delivered_at', 'is', null)]),
        ]),
      )
      .execute()
    return open.length === 0
  }
  const atRest = async (): Promise<string[]> => {
    let now: string[] = []
    await eventually('the history is at rest', async () => {
      const { length } = now
      await sleep(300)
      now = await eventTypes()
      return now.length === length && (await isDelivered())
    })
    return now
  }
  const growth = async (
    act: () => Promise<unknown>,
    until: () => Promise<boolean>,
  ): Promise<string[]> => {
    const before = await atRest()
    await act()
    await eventually('the actor is done', until)
    return (await atRest()).slice(before.length)
  }

  test('grows by nothing when an event is filtered', async () => {
    const grown = await growth(
      () => rumbo.call('POST', '/v1/page', { userId: 'u1', name: 'Home' }),
      async () => true,
    )
    expect(grown).toEqual([])
  })

  test('grows by at most 4 events per delivery that decides nothing, however many events it carries', async () => {
    const batch = Array.from({ length: 50 }, () => ({
      type: 'track',
      userId: 'u1',
      event: 'Product Viewed',
    }))
    const total = async (): Promise<number> =>
      (
        await rumbo.db
          .selectFrom('batches')
          .select('n')
          .where('delivered_at', 'is not', null)
          .execute()
      ).length
    const before = await total()
    const grown = await growth(
      () => rumbo.call('POST', '/v1/batch', { batch }),
      async () => (await total()) > before,
    )
    expect(grown.length, grown.join(' ')).toBeLessThanOrEqual(4)
  })

  test('grows by at most 20 events for a journey of one message, from trigger to end', async () => {
    const ended = async (): Promise<boolean> =>
      (await rumbo.db.selectFrom('runs').select('run_id').where('status', '=', 'ended').execute())
        .length === 1
    const grown = await growth(
      () => rumbo.call('POST', '/v1/track', { userId: 'u1', event: 'Signed Up' }),
      ended,
    )
    expect(grown.length, grown.join(' ')).toBeLessThanOrEqual(20)
    const activities = grown.filter((type) => type === 'activityTaskScheduledEventAttributes')
    expect(activities, 'decide and send').toHaveLength(2)
  })
})

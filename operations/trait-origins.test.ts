import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { createEventAcceptor } from './accept-events.ts'
import type { IncomingEvent } from './incoming-event.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')
const HOUR_MS = 3_600_000

describeOnEachDatabase('where the traits of a customer come from', (db) => {
  beforeAll(() => putInForce(db(), { events: {}, traits: ['plan'] }))
  const accept = (events: readonly IncomingEvent[]) =>
    createEventAcceptor({ db: db(), now: () => NOW_MS, onPending: () => {} }).accept(events)
  const said = (userId: string, traits: JsonObject, hoursAgo: number, source = 'shop') => ({
    type: 'identify' as const,
    messageId: randomUUID(),
    userId,
    traits,
    context: { source },
    timestampMs: NOW_MS - hoursAgo * HOUR_MS,
    historical: false,
  })
  const profileOf = (customerId = '') =>
    db()
      .selectFrom('customers')
      .select(['traits', 'trait_origins as origins'])
      .where('customer_id', '=', customerId)
      .executeTakeFirstOrThrow()
  const factsOf = async (messageId: string) => {
    const { facts, status } = await db()
      .selectFrom('events')
      .select(['facts', 'status'])
      .where('message_id', '=', messageId)
      .executeTakeFirstOrThrow()
    return { facts, status }
  }

  test('is stored with them: who said it, and when it was so', async () => {
    const [answer] = await accept([said('kept', { plan: 'pro', city: 'Oslo' }, 2, 'crm')])
    await accept([said('kept', { city: 'Bergen' }, 1)])
    expect(await profileOf(answer?.customerId)).toEqual({
      traits: { plan: 'pro', city: 'Bergen' },
      origins: {
        plan: { atMs: NOW_MS - 2 * HOUR_MS, source: 'crm' },
        city: { atMs: NOW_MS - HOUR_MS, source: 'shop' },
      },
    })
  })

  test('what is older and arrives later overwrites nothing newer, and no actor hears of it', async () => {
    const [answer] = await accept([said('late', { plan: 'new' }, 1)])
    const late = said('late', { plan: 'old' }, 5)
    await accept([late])
    expect((await profileOf(answer?.customerId)).traits).toEqual({ plan: 'new' })
    expect(await factsOf(late.messageId)).toEqual({ facts: null, status: 'filtered' })
    // What nobody said since is taken.
    const other = said('late', { plan: 'older', city: 'Oslo' }, 6)
    await accept([other])
    expect((await profileOf(answer?.customerId)).traits).toEqual({ plan: 'new', city: 'Oslo' })
  })

  test('a trait that was taken away is not brought back by what is older', async () => {
    const [answer] = await accept([said('gone', { plan: null }, 1)])
    await accept([said('gone', { plan: 'old' }, 5)])
    expect(await profileOf(answer?.customerId)).toEqual({
      traits: {},
      origins: { plan: { atMs: NOW_MS - HOUR_MS, source: 'shop' } },
    })
    await accept([said('gone', { plan: 'newer' }, 0)])
    expect((await profileOf(answer?.customerId)).traits).toEqual({ plan: 'newer' })
  })

  test('the order of arrival never matters, in one group as in several', async () => {
    const words = (userId: string) => [
      said(userId, { plan: 'a', city: 'Oslo' }, 3),
      said(userId, { plan: 'b', city: null }, 2, 'crm'),
      said(userId, { plan: 'c' }, 2, 'app'),
      said(userId, { city: 'Bergen', name: 'Ada' }, 4),
    ]
    const [forwards] = await accept(words('forwards'))
    const [backwards] = await accept(words('backwards').toReversed())
    for (const event of words('one by one').toReversed()) await accept([event])
    const [again] = await accept([said('one by one', {}, 0)])
    const expected = await profileOf(forwards?.customerId)
    expect(expected.traits).toEqual({ plan: 'b', name: 'Ada' })
    expect(await profileOf(backwards?.customerId)).toEqual(expected)
    expect(await profileOf(again?.customerId)).toEqual(expected)
  })

  test('a value that cannot be read leaves the origin of the good one', async () => {
    const [answer] = await accept([said('read', { email: 'ada@example.com' }, 2, 'crm')])
    await accept([said('read', { email: 'ada@' }, 1)])
    expect(await profileOf(answer?.customerId)).toEqual({
      traits: { email: 'ada@example.com' },
      origins: { email: { atMs: NOW_MS - 2 * HOUR_MS, source: 'crm' } },
    })
  })
})

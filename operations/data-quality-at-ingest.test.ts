import { randomUUID } from 'node:crypto'
import { beforeAll, expect, test } from 'vitest'
import type { JsonObject } from '../domain/json.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { putInForce } from '../test/support/rule-book.ts'
import { createEventAcceptor } from './accept-events.ts'
import type { IncomingEvent } from './incoming-event.ts'

const NOW_MS = Date.parse('2026-03-02T09:00:00Z')

describeOnEachDatabase('what callers say about a customer', (db) => {
  beforeAll(() => putInForce(db(), { events: {}, traits: ['country'] }))
  const accept = (events: readonly IncomingEvent[]) =>
    createEventAcceptor({ db: db(), now: () => NOW_MS, onPending: () => {} }).accept(events)
  const said = (userId: string, traits: JsonObject, context?: JsonObject): IncomingEvent => ({
    type: 'identify',
    messageId: randomUUID(),
    userId,
    traits,
    historical: false,
    ...(context === undefined ? {} : { context }),
  })
  const traitsOf = async (customerId = '') => {
    const { traits } = await db()
      .selectFrom('customers')
      .select('traits')
      .where('customer_id', '=', customerId)
      .executeTakeFirstOrThrow()
    return traits
  }
  const findingsOf = (customerId = '') =>
    db()
      .selectFrom('trait_findings')
      .select(['trait', 'problem', 'kind', 'value', 'source', 'suggestion', 'status'])
      .where('customer_id', '=', customerId)
      .orderBy('trait')
      .orderBy('problem')
      .execute()

  test('is normalised before it is kept and before an actor hears of it', async () => {
    const event = said('clean', { email: ' Ada@Example.COM', country: 'Germany' })
    const [answer] = await accept([event])
    expect(await traitsOf(answer?.customerId)).toEqual({ email: 'Ada@example.com', country: 'DE' })
    const { facts, traits } = await db()
      .selectFrom('events')
      .select(['facts', 'traits'])
      .where('message_id', '=', event.messageId)
      .executeTakeFirstOrThrow()
    expect(facts).toMatchObject({ traits: { country: 'DE' }, has: { email: true } })
    expect(traits).toEqual(event.traits)
  })

  test('never takes the place of a good value where it is bad: it is set aside with reason and source', async () => {
    await accept([said('kept', { email: 'ada@example.com', firstName: 'Ada' })])
    const [answer] = await accept([
      said('kept', { email: 'ada@', firstName: 'undefined', plan: 'pro' }, { source: 'crm' }),
    ])
    expect(answer).toMatchObject({ duplicate: false })
    expect(await traitsOf(answer?.customerId)).toEqual({
      email: 'ada@example.com',
      firstName: 'Ada',
      plan: 'pro',
    })
    const aside = { kind: 'setAside', source: 'crm', suggestion: null, status: 'open' }
    expect(await findingsOf(answer?.customerId)).toEqual([
      { trait: 'email', problem: 'no_domain', value: 'ada@', ...aside },
      { trait: 'firstName', problem: 'placeholder', value: 'undefined', ...aside },
    ])
  })

  test('leaves no address where it said none that can be used', async () => {
    const event = said('no address', { email: 'nobody' })
    const [answer] = await accept([event])
    expect(await traitsOf(answer?.customerId)).toEqual({})
    expect(answer?.status).toBe('filtered')
  })

  test('is settled by a good value, in one group as in several', async () => {
    const [answer] = await accept([said('settled', { email: 'ada@' })])
    await accept([said('settled', { email: 'ada@example.com' })])
    expect(await findingsOf(answer?.customerId)).toMatchObject([{ status: 'settled' }])
    const [other] = await accept([
      said('at once', { email: 'ada@' }),
      said('at once', { email: 'ada@example.com' }),
    ])
    expect(await findingsOf(other?.customerId)).toEqual([])
    const [again] = await accept([
      said('at once', { email: 'ada@example.com' }),
      said('at once', { email: 'ada@' }),
    ])
    expect(await findingsOf(again?.customerId)).toMatchObject([{ status: 'open' }])
  })

  test('grows no table when it is said again and again', async () => {
    const bad = Array.from({ length: 5 }, (_, n) => said('again', { email: `ada${n}@` }))
    const [answer] = await accept(bad)
    await accept([said('again', { email: 'last@' })])
    expect(await findingsOf(answer?.customerId)).toMatchObject([{ value: 'last@' }])
  })

  test('is flagged where it is odd, without its value', async () => {
    const [answer] = await accept([said('odd', { email: 'info@mailinator.com' })])
    expect(await findingsOf(answer?.customerId)).toMatchObject([
      { problem: 'disposable', kind: 'flagged', value: null },
      { problem: 'role_address', kind: 'flagged', value: null },
    ])
  })
})

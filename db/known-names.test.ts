import { expect, test } from 'vitest'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { STANDARD_FACTS } from '../domain/facts/standard-facts.ts'
import { readKnownNames } from './known-names.ts'

describeOnEachDatabase('known names', (db) => {
  test('an empty store knows none but the standard facts', async () => {
    expect(await readKnownNames(db())).toEqual({
      events: new Map(),
      traits: { customers: 0, names: new Set() },
      journeys: [],
      facts: new Set(Object.keys(STANDARD_FACTS)),
    })
  })

  test('events with the properties they have had, traits of customers, and nothing of commands', async () => {
    const at = new Date('2026-11-22T10:00:00Z')
    for (const [index, traits] of [{ plan: 'gold' }, { plan: 'free', city: 'Vigo' }].entries())
      await db()
        .insertInto('customers')
        .values({ customer_id: `c${index}`, created_at: at, traits: JSON.stringify(traits) })
        .execute()
    const row = (
      messageId: string,
      type: 'track' | 'identify',
      name: string | null,
      properties: object,
    ) => ({
      message_id: messageId,
      customer_id: 'c0',
      type,
      name,
      properties: JSON.stringify(properties),
      occurred_at: at,
      received_at: at,
      status: 'filtered' as const,
    })
    await db()
      .insertInto('events')
      .values([
        row('m1', 'track', 'Order Completed', { revenue: 3, order_id: 'o1' }),
        row('m2', 'track', 'Order Completed', { coupon: 'x' }),
        row('m3', 'track', 'Signed Up', {}),
        row('m4', 'identify', null, { hidden: true }),
      ])
      .execute()
    const known = await readKnownNames(db())
    expect(known.events).toEqual(
      new Map([
        ['Order Completed', { count: 2, properties: new Set(['revenue', 'order_id', 'coupon']) }],
        ['Signed Up', { count: 1, properties: new Set() }],
      ]),
    )
    expect(known.traits).toEqual({ customers: 2, names: new Set(['plan', 'city']) })
  })
})

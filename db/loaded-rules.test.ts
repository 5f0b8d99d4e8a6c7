import type { Kysely } from 'kysely'
import { beforeAll, expect, test } from 'vitest'
import type { Database } from './schema.ts'
import { INSTANTS_MAX, type LoadRequest } from '../domain/actor/customer-state.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import type { JsonObject } from '../domain/json.ts'
import { ensureRuleBook } from '../operations/ensure-rule-book.ts'
import { publishJourney } from '../operations/publish-journey.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { listLoadedRules } from './loaded-rules.ts'

const START_MS = Date.UTC(2026, 0, 5)
const HOUR_MS = 60 * 60 * 1000

const JOURNEY: Journey = {
  key: 'series',
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: {
    on: [
      { event: 'Plan Started' },
      { date: 'birthday', yearly: true },
      { date: 'trialEnds', offset: '-P2D' },
    ],
    when: "count('Page Read') > 3 && returned('A-1') && customer.traits.plan == 'gold' && has('phone')",
  },
  start: 'hello',
  steps: { hello: { type: 'message', message: 'hi', next: 'end' }, end: { type: 'exit' } },
  messages: { hi: { webhook: { url: 'https://example.com', body: 'Hi' } } },
}

describeOnEachDatabase('the rules that an actor loads', (db) => {
  let published: { hash: string }
  let bookHash: string
  const load = (customerId: string, request: Partial<LoadRequest> = {}) =>
    listLoadedRules(db(), {
      customerId,
      request: {
        bookHash,
        definitions: [],
        known: { events: {}, facts: {} },
        throughBatch: 0,
        ...request,
      },
    })

  beforeAll(async () => {
    await ensureRuleBook({ db: db() })
    const deps = { db: db(), nowMs: () => START_MS }
    const publish = (definition: Journey) =>
      publishJourney(deps, { keyId: null, definition, note: null })
    await publish(JOURNEY)
    await publish({ ...JOURNEY, queueFor: 'P1D' })
    published = await publish(JOURNEY)
    const row = await db().selectFrom('rule_book').select('hash').executeTakeFirstOrThrow()
    bookHash = row.hash
  })

  test('gives the book, and definitions by content hash as the newest version with it', async () => {
    await insertCustomer(db(), 'rules')
    const loaded = await load('rules', { definitions: [published.hash, 'unknown'] })
    expect(loaded.book?.hash).toBe(bookHash)
    expect(loaded.definitions).toHaveLength(1)
    expect(loaded.definitions[0]).toMatchObject({
      key: 'series',
      version: 3,
      hash: published.hash,
      steps: { hello: { channels: ['webhook'] } },
    })
  })

  test('gives definitions alone when no book is asked for', async () => {
    const loaded = await load('nobody', { bookHash: null, definitions: [published.hash] })
    expect(loaded).toMatchObject({ book: null, events: {}, traits: {}, has: {}, returned: [] })
    expect(loaded.definitions).toHaveLength(1)
  })

  test('counts all stored events: filtered ones and those of batches up to the last applied', async () => {
    await insertCustomer(db(), 'counts')
    await insertEvents(db(), 'counts', 'Page Read', [
      { atMs: START_MS + 2 * HOUR_MS, batch: 1 },
      { atMs: START_MS, batch: null },
      { atMs: START_MS + HOUR_MS, batch: 2 },
      { atMs: START_MS + 3 * HOUR_MS, batch: 3 },
      { atMs: START_MS + 4 * HOUR_MS, batch: 'pending' },
    ])
    await insertEvents(db(), 'counts', 'Unknown', [{ atMs: START_MS, batch: null }])
    const { events } = await load('counts', { throughBatch: 2 })
    expect(events).toEqual({
      'Page Read': {
        total: 3,
        recentMs: [START_MS, START_MS + HOUR_MS, START_MS + 2 * HOUR_MS],
        valueMinor: 0,
      },
    })
  })

  test('keeps the newest instants and the whole total, to the millisecond', async () => {
    await insertCustomer(db(), 'many')
    const count = INSTANTS_MAX + 6
    const instants = Array.from({ length: count }, (_, index) => START_MS + index * 1_001)
    await insertEvents(
      db(),
      'many',
      'Page Read',
      instants.toReversed().map((atMs) => ({ atMs, batch: null })),
    )
    const { events } = await load('many')
    expect(events['Page Read']?.total).toBe(count)
    expect(events['Page Read']?.recentMs).toEqual(instants.slice(-INSTANTS_MAX))
  })

  test('gives the dates that the book newly names, normalised, and of a birthday no year', async () => {
    await insertCustomer(db(), 'dates', {
      birthday: '1990-12-06',
      trialEnds: '2026-12-20',
      other: '2026-01-01',
    })
    const { dates } = await load('dates')
    expect(dates).toEqual({ birthday: '--12-06', trialEnds: '2026-12-20' })
    const { since } = (await load('dates')).book?.dates?.['birthday'] ?? {}
    const known = { events: {}, facts: { 'dates.birthday': since ?? 0 } }
    expect((await load('dates', { known })).dates).toEqual({ trialEnds: '2026-12-20' })
  })

  test('a date that cannot be read is as missing', async () => {
    await insertCustomer(db(), 'no date', { birthday: '30 February' })
    expect((await load('no date')).dates).toEqual({})
  })

  test('adds purchases up in minor units, as the actor does', async () => {
    await insertCustomer(db(), 'worth')
    const revenues = [12.5, 1.005, 0.1, '7', null, -3.335]
    await insertEvents(
      db(),
      'worth',
      'Order Completed',
      [...revenues.map((revenue) => ({ revenue })), {}].map((properties, index) => ({
        atMs: START_MS + index,
        batch: null,
        properties,
      })),
    )
    const { events } = await load('worth')
    expect(events['Order Completed']).toMatchObject({
      total: 7,
      valueMinor: 1250 + Math.round(1.005 * 100) + 10 + Math.round(-3.335 * 100),
    })
  })

  test('reads back returned orders and products with their instants', async () => {
    await insertCustomer(db(), 'returns')
    await insertEvents(db(), 'returns', 'Order Refunded', [
      { atMs: START_MS, batch: null, properties: { order_id: 'A-1', total: 3 } },
      { atMs: START_MS + 5, batch: null, properties: { products: [{ product_id: 'p' }, {}] } },
      { atMs: START_MS + 9, batch: 4, properties: { order_id: 'A-9' } },
      { atMs: START_MS + 9, batch: null, properties: {} },
    ])
    const { returned, returnedAtMs, events } = await load('returns')
    expect(events['Order Refunded']?.total).toBe(3)
    expect([returned, returnedAtMs]).toEqual([
      ['p', 'A-1'],
      [START_MS + 5, START_MS],
    ])
  })

  test('gives values of traits that are read, and of others only whether they exist', async () => {
    await insertCustomer(db(), 'traits', { plan: 'gold', phone: '+34 600 000 000', city: 'Lugo' })
    const { traits, has } = await load('traits')
    expect(traits).toEqual({ plan: 'gold' })
    expect(has).toEqual({ phone: true })
  })

  test('gives nothing of what the actor holds already', async () => {
    await insertCustomer(db(), 'known', { plan: 'gold', phone: '1' })
    await insertEvents(db(), 'known', 'Page Read', [{ atMs: START_MS, batch: null }])
    await insertEvents(db(), 'known', 'Signed Up', [{ atMs: START_MS, batch: null }])
    const { book } = await load('known')
    const loaded = await load('known', {
      known: {
        events: { 'Page Read': book?.events['Page Read']?.since ?? 0, 'Signed Up': 99 },
        facts: { 'traits.plan': book?.traits['plan']?.since ?? 0 },
      },
    })
    expect(Object.keys(loaded.events)).toEqual(['Signed Up'])
    expect(loaded.traits).toEqual({})
    expect(loaded.has).toEqual({ phone: true })
  })
})

async function insertCustomer(
  db: Kysely<Database>,
  customerId: string,
  traits: JsonObject = {},
): Promise<void> {
  await db
    .insertInto('customers')
    .values({
      customer_id: customerId,
      traits: JSON.stringify(traits),
      created_at: new Date(START_MS),
    })
    .execute()
}

async function insertEvents(
  db: Kysely<Database>,
  customerId: string,
  name: string,
  events: readonly { atMs: number; batch: number | null | 'pending'; properties?: JsonObject }[],
): Promise<void> {
  await db
    .insertInto('events')
    .values(
      events.map(({ atMs, batch, properties = {} }, index) => ({
        message_id: `${customerId} ${name} ${index}`,
        customer_id: customerId,
        type: 'track' as const,
        name,
        properties: JSON.stringify(properties),
        occurred_at: new Date(atMs),
        received_at: new Date(atMs),
        status:
          batch === null
            ? ('filtered' as const)
            : batch === 'pending'
              ? batch
              : ('batched' as const),
        batch: typeof batch === 'number' ? batch : null,
      })),
    )
    .execute()
}

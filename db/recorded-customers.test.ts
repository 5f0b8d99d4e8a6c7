import { randomUUID } from 'node:crypto'
import { sql } from 'kysely'
import { beforeEach, expect, test } from 'vitest'
import type { RecordedCustomer } from '../domain/backtest/recorded.ts'
import { createEventAcceptor } from '../operations/accept-events.ts'
import { ensureRuleBook } from '../operations/ensure-rule-book.ts'
import type { IncomingEvent } from '../operations/incoming-event.ts'
import { createPublishedRules } from '../operations/published-rules.ts'
import { setConsent } from '../operations/set-consent.ts'
import { describeOnEachDatabase } from '../test/support/database.ts'
import { countRecordedCustomers, lastSeq, streamRecordedCustomers } from './recorded-customers.ts'

const at = (text: string): number => Date.parse(text)
const NAMES = ['Order Completed', 'Signed Up']

describeOnEachDatabase('recorded customers', (db) => {
  beforeEach(async () => {
    await ensureRuleBook({ db: db() })
    await sql`truncate customers cascade`.execute(db())
  })

  /** Stores an event as if it came at that instant; answers whose it is. */
  const say = async (when: string, event: Partial<IncomingEvent>): Promise<string> => {
    const acceptor = createEventAcceptor({ db: db(), now: () => at(when), onPending: () => {} })
    const [accepted] = await acceptor.accept([
      { type: 'track', messageId: randomUUID(), historical: false, ...event },
    ])
    return accepted?.customerId ?? ''
  }
  const read = async (
    part: Partial<Parameters<typeof streamRecordedCustomers>[1]> = {},
  ): Promise<RecordedCustomer[]> => {
    const all = { names: NAMES, toMs: at('2027-01-01T00:00:00Z'), sample: 1 }
    const throughSeq = await lastSeq(db())
    const customers: RecordedCustomer[] = []
    for await (const customer of streamRecordedCustomers(db(), { ...all, throughSeq, ...part }))
      customers.push(customer)
    return customers
  }

  test('come with their events in the order of time, an import where it happened', async () => {
    await say('2026-03-02T10:00:00Z', { userId: 'ann', event: 'Signed Up' })
    await say('2026-03-03T10:00:00Z', {
      userId: 'ann',
      event: 'Order Completed',
      timestampMs: at('2025-12-24T18:00:00Z'),
      historical: true,
      properties: { revenue: 20 },
    })
    await say('2026-03-04T10:00:00Z', {
      userId: 'ann',
      event: 'Order Completed',
      timestampMs: at('2026-03-04T09:00:00Z'),
    })
    const [ann] = await read()
    expect(ann?.rows).toMatchObject([
      {
        name: 'Order Completed',
        atMs: at('2025-12-24T18:00:00Z'),
        occurredAtMs: at('2025-12-24T18:00:00Z'),
        properties: { revenue: 20 },
      },
      { name: 'Signed Up', atMs: at('2026-03-02T10:00:00Z') },
      {
        name: 'Order Completed',
        atMs: at('2026-03-04T10:00:00Z'),
        occurredAtMs: at('2026-03-04T09:00:00Z'),
      },
    ])
  })

  test('come without events that no rule names, that are too late, or that came later', async () => {
    await say('2026-03-02T10:00:00Z', { userId: 'ann', event: 'Button Pressed' })
    await say('2026-03-02T11:00:00Z', { userId: 'ann', event: 'Signed Up' })
    const throughSeq = await lastSeq(db())
    await say('2026-03-02T12:00:00Z', { userId: 'ann', event: 'Signed Up' })
    expect((await read({ throughSeq }))[0]?.rows).toHaveLength(1)
    expect((await read())[0]?.rows).toHaveLength(2)
    expect((await read({ toMs: at('2026-03-02T11:00:00Z') }))[0]?.rows).toEqual([])
  })

  test('come with what only tells where they came, where that is asked for', async () => {
    const seen = { userId: 'ann', event: 'Button Pressed', context: { source: 'web' } }
    await say('2026-03-02T10:00:00Z', seen)
    await say('2026-03-02T11:00:00Z', { ...seen, context: {} })
    expect((await read())[0]?.rows).toEqual([])
    const [ann] = await read({ withTouchpoints: true })
    expect(ann?.rows).toMatchObject([{ name: 'Button Pressed', touchpoint: { source: 'web' } }])
    // What is stored of it today is no past.
    expect(ann?.profile.traits).toEqual({})
  })

  test('come with what they said about themselves, and with their consents', async () => {
    const customerId = await say('2026-03-02T10:00:00Z', { anonymousId: 'a1', event: 'Signed Up' })
    await say('2026-03-03T10:00:00Z', {
      type: 'identify',
      userId: 'ann',
      anonymousId: 'a1',
      traits: { email: 'ann@example.com' },
      context: { source: 'crm' },
    })
    await sql`update customers set traits = traits || '{"plan": "gold"}'`.execute(db())
    await setConsent(
      {
        db: db(),
        rules: createPublishedRules(),
        now: () => at('2026-03-04T10:00:00Z'),
        onPending: () => {},
      },
      {
        customerId,
        purpose: 'marketing',
        channel: 'email',
        granted: true,
        source: 'form',
        keyId: null,
      },
    )
    const [ann] = await read()
    // The plan was set by nothing that the log tells of: it is taken as it is today.
    expect(ann?.profile).toEqual({ traits: { plan: 'gold' }, known: false, zone: 'UTC' })
    expect(ann?.rows).toMatchObject([
      { type: 'event', name: 'Signed Up', said: {}, source: 'track', namesUser: false },
      {
        type: 'event',
        name: null,
        said: { email: 'ann@example.com' },
        source: 'crm',
        touchpoint: { source: 'crm' },
        namesUser: true,
      },
      { type: 'consent', purpose: 'marketing', channel: 'email', granted: true },
    ])
  })

  test('come page by page, each once, and without test customers', async () => {
    await sql`insert into customers (customer_id, created_at, test)
      select 'c' || lpad(i::text, 5, '0'), now(), i % 10 = 0 from generate_series(1, 1300) i
    `.execute(db())
    // One with far more rows than are read at once, between others with some.
    await sql`insert into events (message_id, customer_id, type, name, occurred_at, received_at, status)
      select 'm' || i, case when i > 5200 then 'c' || lpad((i - 5200)::text, 5, '0') else 'c00603' end,
        'track', 'Signed Up', timestamptz '2026-03-01' + i * interval '1 minute',
        timestamptz '2026-03-01' + i * interval '1 minute', 'filtered'
      from generate_series(1, 6500) i
    `.execute(db())
    const customers = await read()
    const ids = customers.map(({ customerId }) => customerId)
    expect(ids).toEqual([...new Set(ids)].toSorted())
    expect(ids).toHaveLength(1170)
    expect(await countRecordedCustomers(db(), { sample: 1 })).toBe(1170)
    const rows = new Map(customers.map((customer) => [customer.customerId, customer.rows]))
    expect(rows.get('c00603')).toHaveLength(5201)
    expect(rows.get('c00001')).toHaveLength(1)
  })

  test('can be a share of all: the same ones each time', async () => {
    await sql`insert into customers (customer_id, created_at)
      select 'c' || i, now() from generate_series(1, 1000) i`.execute(db())
    const tenth = (await read({ sample: 0.1 })).map(({ customerId }) => customerId)
    expect(tenth.length).toBeGreaterThan(60)
    expect(tenth.length).toBeLessThan(140)
    expect(await countRecordedCustomers(db(), { sample: 0.1 })).toBe(tenth.length)
    const half = new Set((await read({ sample: 0.5 })).map(({ customerId }) => customerId))
    expect(tenth.filter((id) => !half.has(id))).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import type { PendingEvent } from '../db/event-log.ts'
import { bookOf, entryRule } from '../test/support/rule-book.ts'
import { BATCH_EVENTS_MAX, composeBatch } from './compose-batch.ts'

const book = bookOf({ events: { 'Order Completed': { revenue: true }, Opened: {} } })
const entryRules = {
  'Order Completed': [entryRule('welcome', 'Order Completed')],
  Opened: [entryRule('welcome', 'Order Completed'), entryRule('winback', 'Opened')],
}
const row = (seq: number, more: Partial<PendingEvent> = {}): PendingEvent => ({
  seq,
  customerId: 'c',
  type: 'track',
  name: 'Order Completed',
  properties: { revenue: 12, email: 'ana@example.com' },
  source: null,
  channel: null,
  payload: null,
  facts: null,
  historical: false,
  occurredAt: new Date(1_000),
  receivedAt: new Date(2_000),
  ...more,
})
const compose = (...events: PendingEvent[]) => composeBatch({ n: 7, book, entryRules, events })

describe('composeBatch', () => {
  test('says how deep an event is that a journey made, and believes nobody else', () => {
    const claimed = row(2, { properties: { revenue: 1, depth: 5 } })
    const { batch } = compose(row(1, { payload: { depth: 3 } }), claimed)
    expect(batch.items.map((item) => ('depth' in item ? item.depth : null))).toEqual([3, null])
  })

  test('carries number, book, and of each event only what rules name', () => {
    expect(compose(row(1, { facts: { known: true } }))).toEqual({
      seqs: [1],
      batch: {
        n: 7,
        bookHash: book.hash,
        entryRules: [entryRule('welcome', 'Order Completed')],
        items: [
          {
            type: 'event',
            seq: 1,
            name: 'Order Completed',
            occurredAtMs: 1_000,
            receivedAtMs: 2_000,
            properties: { revenue: 12 },
            facts: { known: true },
          },
        ],
      },
    })
  })

  test('carries an entry rule once, however many of its events occur, and none for imports', () => {
    const journeys = (...events: PendingEvent[]) =>
      compose(...events).batch.entryRules.map(({ journey }) => journey)
    expect(journeys(row(1), row(2, { name: 'Opened' }))).toEqual(['welcome', 'winback'])
    expect(journeys(row(1, { historical: true }))).toEqual([])
    expect(compose(row(1, { historical: true })).batch.items[0]).toMatchObject({ historical: true })
  })

  test('tells facts of events that nobody names, and of a command before the command', () => {
    const facts = { has: { email: true } }
    const consent = { purpose: 'marketing', channel: 'email', granted: true }
    const { batch } = compose(
      row(1, { type: 'identify', name: null, facts }),
      row(2, { name: 'No Longer Named', facts }),
      row(3, { type: 'consent', name: null, payload: consent, facts }),
      row(4, { type: 'exit', name: null, payload: { journey: null, reason: 'asked' } }),
    )
    expect(batch.items).toEqual([
      { type: 'facts', seq: 1, receivedAtMs: 2_000, facts },
      { type: 'facts', seq: 2, receivedAtMs: 2_000, facts },
      { type: 'facts', seq: 3, receivedAtMs: 2_000, facts },
      { type: 'consent', seq: 3, receivedAtMs: 2_000, ...consent },
      { type: 'exit', seq: 4, receivedAtMs: 2_000, journey: null, reason: 'asked' },
    ])
  })

  test('takes up every row, also one that no rule names any more', () => {
    const { seqs, batch } = compose(row(1, { name: 'No Longer Named' }))
    expect(seqs).toEqual([1])
    expect(batch.items).toMatchObject([{ type: 'event', seq: 1, properties: {} }])
  })

  test('ends at 200 rows, or before 256 KB', () => {
    const rows = (count: number, revenue: string) =>
      Array.from({ length: count }, (_, i) => row(i + 1, { properties: { revenue } }))
    expect(compose(...rows(BATCH_EVENTS_MAX + 5, '1')).seqs).toHaveLength(BATCH_EVENTS_MAX)
    const large = compose(...rows(20, 'x'.repeat(30_000)))
    expect(large.seqs).toEqual([1, 2, 3, 4, 5, 6, 7, 8])
    expect(JSON.stringify(large.batch.items).length).toBeLessThan(256 * 1024)
    expect(compose(...rows(1, 'x'.repeat(300_000))).seqs).toEqual([1])
  })
})

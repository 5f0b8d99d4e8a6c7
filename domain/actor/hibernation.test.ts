import { describe, expect, test } from 'vitest'
import { bookOf } from '../../test/support/rule-book.ts'
import type { CustomerState } from './customer-state.ts'
import { advance } from './advance.ts'
import { isQuiet, sleepsAtMs } from './hibernation.ts'
import type { BatchItem, Loaded } from './inputs.ts'
import { newCustomer } from './new-customer.ts'
import type { Rules } from './turn.ts'

const DAY_MS = 86_400_000
const NOW_MS = Date.UTC(2026, 0, 5)
const book = bookOf({ events: { 'Product Viewed': {} } })
const rules: Rules = { book, definitions: {} }
const quiet: CustomerState = {
  ...newCustomer({ customerId: 'c', test: false, zone: 'UTC', known: true }, NOW_MS),
  bookHash: book.hash,
  wantedBook: book.hash,
}
const sleeps = (
  actor: CustomerState,
  times: { heardAtMs?: number; wakeAtMs?: number | null; nowMs?: number } = {},
  by: Rules = rules,
) => sleepsAtMs(actor, by, { heardAtMs: 0, wakeAtMs: null, nowMs: NOW_MS, ...times })

describe('an actor sleeps', () => {
  test('a day after the customer last did something, where the rules do not say', () => {
    expect(sleeps(quiet, { heardAtMs: NOW_MS })).toBe(NOW_MS + DAY_MS)
  })

  test('as long after it as the rules say', () => {
    const lifecycle = { ...book.lifecycle, hibernateAfter: 'PT1H' }
    const soon: Rules = { ...rules, book: { ...book, lifecycle } }
    expect(sleeps(quiet, { heardAtMs: NOW_MS }, soon)).toBe(NOW_MS + DAY_MS / 24)
  })

  test('at once where the customer has done nothing since it woke, or for long', () => {
    expect(sleeps(quiet)).toBe(NOW_MS)
    expect(sleeps(quiet, { heardAtMs: NOW_MS - 2 * DAY_MS })).toBe(NOW_MS)
  })

  test('not when it would have to be back within as long a time', () => {
    expect(sleeps(quiet, { wakeAtMs: NOW_MS + DAY_MS })).toBeNull()
    expect(sleeps(quiet, { wakeAtMs: NOW_MS + DAY_MS + 1 })).toBe(NOW_MS)
    expect(sleeps(quiet, { heardAtMs: NOW_MS, wakeAtMs: NOW_MS + 2 * DAY_MS })).toBeNull()
    expect(sleeps(quiet, { heardAtMs: NOW_MS, wakeAtMs: NOW_MS + 2 * DAY_MS + 1 })).toBe(
      NOW_MS + DAY_MS,
    )
  })

  test.each<[string, Partial<CustomerState>]>([
    ['a test customer', { test: true }],
    ['a run', { runs: [{} as CustomerState['runs'][number]] }],
    ['a queued journey', { deferred: [{} as CustomerState['deferred'][number]] }],
    ['a decision to be made', { pending: {} as CustomerState['pending'] }],
    ['a decision that is open', { arbitration: {} as CustomerState['arbitration'] }],
    ['rules that are being loaded', { loading: {} as CustomerState['loading'] }],
    ['rules that it has heard of', { wantedBook: 'another' }],
    ['a batch that is not handled', { collected: [{} as CustomerState['collected'][number]] }],
  ])('not with %s', (_, pending) => {
    expect(sleeps({ ...quiet, ...pending })).toBeNull()
  })

  test('not before it has rules', () => {
    expect(sleeps(quiet, {}, { book: null, definitions: {} })).toBeNull()
  })
})

test('a batch is quiet when it holds only what was imported, or said by the system', () => {
  const at = { seq: 1, receivedAtMs: NOW_MS }
  const event = { ...at, type: 'event', name: 'A', occurredAtMs: NOW_MS, properties: {} } as const
  const batchOf = (...items: BatchItem[]) => ({ n: 1, bookHash: '', entryRules: [], items })
  const imported: BatchItem = { ...event, historical: true }
  const facts: BatchItem = { ...at, type: 'facts', facts: {} }
  expect(isQuiet(batchOf())).toBe(true)
  expect(isQuiet(batchOf(imported, { ...facts, from: 'import' }))).toBe(true)
  expect(isQuiet(batchOf({ ...facts, from: 'rules' }))).toBe(true)
  expect(isQuiet(batchOf(imported, event))).toBe(false)
  expect(isQuiet(batchOf(facts))).toBe(false)
  const exit: BatchItem = { ...at, type: 'exit', journey: null, reason: 'asked' }
  expect(isQuiet(batchOf(imported, exit))).toBe(false)
})

test('a deadline that passed while it slept is fired at its own instant, and asks the arbiter', () => {
  const nothing = {
    definitions: [],
    events: {},
    traits: {},
    has: {},
    returned: [],
    returnedAtMs: [],
  }
  const loaded: Loaded = { ...nothing, book }
  const item: BatchItem = {
    type: 'event',
    seq: 1,
    name: 'Product Viewed',
    occurredAtMs: NOW_MS,
    receivedAtMs: NOW_MS,
    properties: {},
  }
  const batch = { n: 1, bookHash: book.hash, entryRules: [], items: [item] }
  const counted = { 'Product Viewed': { total: 0, recentMs: [], valueMinor: 0 } }
  const before = advance(
    { ...quiet, bookHash: null, wantedBook: null },
    rules,
    [
      { type: 'loaded', loaded: { ...loaded, events: counted } },
      { type: 'batch', batch },
    ],
    NOW_MS,
  ).actor
  const dueAtMs = before.lifecycle.nextAtMs ?? 0
  expect(dueAtMs).toBeGreaterThan(NOW_MS)
  const { actor, effects } = advance(
    before,
    rules,
    [{ type: 'loaded', loaded }],
    dueAtMs + 3 * DAY_MS,
  )
  expect(actor.lifecycle).toMatchObject({ state: 'prospect', sinceMs: dueAtMs })
  expect(effects).toMatchObject([
    { type: 'arbitrate', request: { cause: { type: 'lifecycle', from: 'new', to: 'prospect' } } },
  ])
})

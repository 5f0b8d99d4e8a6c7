import { expect, test } from 'vitest'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import type { RuleBook } from '../journeys/rule-book.ts'
import type { JsonObject } from '../json.ts'
import { customerFromEvents } from './customer-from-events.ts'
import { recordedLife } from './recorded-life.ts'
import type { RecordedRow } from './recorded.ts'

const HOUR = 3_600_000
const book: RuleBook = {
  hash: 'book',
  events: {},
  traits: { plan: { since: 1 } },
  presence: {},
  lifecycle: DEFAULT_LIFECYCLE_RULES,
  lifecycleEntries: [],
}
const identify = (said: JsonObject, atMs: number, occurredAtMs = atMs): RecordedRow => ({
  type: 'event',
  name: null,
  atMs,
  occurredAtMs,
  properties: {},
  source: 'shop',
  said,
  deviceZone: undefined,
  namesUser: true,
})
const plansTold = (rows: readonly RecordedRow[], traits: JsonObject = {}) => {
  const profile = { traits, known: true, zone: 'UTC' }
  const life = recordedLife(
    { customerId: 'ana', profile, rows },
    book,
    { fromMs: 0, toMs: 100 * HOUR },
    {},
  )
  return life?.items.flatMap((item) =>
    'facts' in item && item.facts?.traits !== undefined ? [item.facts.traits['plan']] : [],
  )
}

test('an actor hears nothing of what is older and arrived later, as at ingest', () => {
  const rows = [
    identify({ plan: 'new' }, 10 * HOUR),
    identify({ plan: 'old' }, 20 * HOUR, 5 * HOUR),
    identify({ plan: 'newer' }, 30 * HOUR),
  ]
  expect(plansTold(rows)).toEqual(['new', 'newer'])
})

test('what no row told is older than what rows tell', () => {
  expect(plansTold([identify({ plan: 'told' }, HOUR, 0)], { plan: 'untold' })).toEqual(['told'])
})

test('an actor hears where events came from, of a file and of the log alike', () => {
  const line = { userId: 'ana', event: 'Store Visited', properties: {}, source: 'store' }
  const customer = customerFromEvents('ana', [{ ...line, timestamp: '1970-01-01T01:00:00Z' }])
  const life = recordedLife(
    customer,
    { ...book, events: { 'Store Visited': { since: 1, properties: {}, counted: false } } },
    { fromMs: 0, toMs: 100 * HOUR },
    {},
  )
  expect(life?.items).toMatchObject([{ name: 'Store Visited', source: 'store' }])
})

import { sql, type Kysely } from 'kysely'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { backtestFile } from '../cli/backtest-file.ts'
import { connectEmbedded, type DatabaseHandle } from '../db/connect.ts'
import type { Database } from '../db/schema.ts'
import { readDemoJourneys } from '../dev/demo/journeys.ts'
import { readOrderEvents } from '../dev/demo/order-file.ts'
import type { BacktestReport } from '../domain/backtest/report.ts'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import type { Journey } from '../domain/journeys/journey.ts'

/** The year after the file's first month, so that most first purchases in it are really the first. */
const FROM = '2011-01-01T00:00:00Z'
const TO = '2012-01-01T00:00:00Z'

/** Enters with the first purchase and lasts until the fortnight is over. */
const probe = (key: string, parts: Partial<Journey>): Journey => ({
  key,
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'Order Completed', when: "count('Order Completed') == 1" }] },
  start: 'fortnight',
  steps: { fortnight: { type: 'wait', for: 'P15D', next: 'over' }, over: { type: 'exit' } },
  ...parts,
})
const FORTNIGHT = "event.occurredAt - entry.occurredAt <= duration('P14D')"
const PROBES = [
  probe('buys-again', {
    goal: {
      event: 'Order Completed',
      when: 'event.occurredAt > entry.occurredAt',
      within: 'P14D',
    },
  }),
  probe('sends-back', { goal: { event: 'Order Refunded', within: 'P14D' } }),
  probe('does-both', {
    exit: [
      {
        event: 'Order Refunded',
        when: `last('Order Completed') > entry.occurredAt && ${FORTNIGHT}`,
        reason: 'both',
      },
      {
        event: 'Order Completed',
        when: `event.occurredAt > entry.occurredAt && last('Order Refunded') >= entry.occurredAt && ${FORTNIGHT}`,
        reason: 'both',
      },
    ],
  }),
]

let database: DatabaseHandle
let report: BacktestReport
beforeAll(async () => {
  for (const each of PROBES) expect(checkJourney(each).findings).toEqual([])
  database = await connectEmbedded()
  await loadOrders(database.db)
  report = await backtestFile({
    rows: readOrderEvents(),
    journeys: [...readDemoJourneys(), ...PROBES],
    fromMs: Date.parse(FROM),
    toMs: Date.parse(TO),
    assume: { consents: [{ purpose: 'marketing', channel: 'email' }], channels: ['email'] },
  })
}, 240_000)
afterAll(() => database.close())

const alone = (journey: string) => {
  const found = report.journeys.find((each) => each.journey === journey)
  if (found === undefined) throw new Error(`${journey} takes part`)
  return found.alone
}

test('plays the whole shop', async () => {
  const { rows } = await sql<{ customers: number; orders: number; history: number }>`
    select count(distinct customer)::int as customers, count(*)::int as orders,
      count(*) filter (where at < ${FROM}::timestamptz)::int as history
    from orders`.execute(database.db)
  const [shop] = rows
  expect(shop).toMatchObject({ customers: 4_372, orders: 22_190 })
  expect(report.customers.played).toBe(shop?.customers)
  expect(report.events.window + report.events.history).toBe(shop?.orders)
  expect(report.events.history).toBe(shop?.history)
})

test('finds as many first purchases, second ones, returns and both as SQL counts', async () => {
  const counted = await countFortnights(database.db)
  expect(counted).toEqual({ fresh: 3_454, again: 341, back: 445, both: 87, second: 2_582 })
  expect(alone('welcome').entered).toBe(counted.fresh)
  expect(alone('second-purchase').entered).toBe(counted.second)
  for (const { key } of PROBES) expect(alone(key).entered).toBe(counted.fresh)
  expect(alone('buys-again').ended['goal']).toBe(counted.again)
  expect(alone('sends-back').ended['goal']).toBe(counted.back)
  expect(alone('does-both').ended['both']).toBe(counted.both)
})

test('adds up: what is sent by journey, channel, day and hour is the same sum', () => {
  const { sent, load, journeys } = report
  const sum = (counts: Readonly<Record<string, number>>): number =>
    Object.values(counts).reduce((total, count) => total + count, 0)
  expect(sent.total).toBeGreaterThan(10_000)
  for (const counts of [sent.byChannel, sent.byJourney, sent.byDay, load.byHour])
    expect(sum(counts)).toBe(sent.total)
  expect(load.byHourOfDay.reduce((total, count) => total + count)).toBe(sent.total)
  for (const { entered, ended, open } of journeys) expect(sum(ended) + open).toBe(entered)
  expect(report.withoutArbitration.sent).toBe(
    journeys.reduce((total, journey) => total + journey.alone.sent, 0),
  )
})

/** First purchases on or after the beginning, and what follows within 14 × 24 hours of each. */
async function countFortnights(db: Kysely<Database>) {
  const { rows } = await sql<Record<'fresh' | 'again' | 'back' | 'both' | 'second', number>>`
    with numbered as (
      select customer, at, row_number() over (partition by customer order by at) as n
      from orders where not is_return
    ),
    fresh as (select customer, at from numbered where n = 1 and at >= ${FROM}::timestamptz),
    fortnights as (
      select
        exists (select from orders o where o.customer = fresh.customer and not o.is_return
          and o.at > fresh.at and o.at <= fresh.at + interval '336 hours') as again,
        exists (select from orders o where o.customer = fresh.customer and o.is_return
          and o.at >= fresh.at and o.at <= fresh.at + interval '336 hours') as back
      from fresh
    )
    select count(*)::int as fresh,
      count(*) filter (where again)::int as again,
      count(*) filter (where back)::int as back,
      count(*) filter (where again and back)::int as both,
      (select count(*)::int from numbered where n = 2 and at >= ${FROM}::timestamptz) as second
    from fortnights`.execute(db)
  const [counted] = rows
  if (counted === undefined) throw new Error('an aggregate has a row')
  return counted
}

async function loadOrders(db: Kysely<Database>): Promise<void> {
  await sql`create table orders (customer text, at timestamptz, is_return boolean)`.execute(db)
  const orders: object[] = []
  for await (const { userId, event, timestamp } of readOrderEvents())
    orders.push({ customer: userId, at: timestamp, is_return: event === 'Order Refunded' })
  await sql`insert into orders select r.customer, r.at, r.is_return
    from json_to_recordset(${JSON.stringify(orders)}::json)
      as r (customer text, at timestamptz, is_return boolean)`.execute(db)
  await sql`create index on orders (customer, at)`.execute(db)
}

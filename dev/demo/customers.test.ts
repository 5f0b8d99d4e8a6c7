import { describe, expect, test } from 'vitest'
import { demoCustomers, readRetailExtract } from './customers.ts'
import { firstFortnight, isReturn } from './retail-data.ts'

const extract = readRetailExtract()
const NOW_MS = Date.parse('2026-11-25T15:30:00Z')
const HOUR_MS = 3_600_000
const DAY_MS = 24 * HOUR_MS
const cast = demoCustomers(extract, { nowMs: NOW_MS, runId: 'a1' })

describe('the extract', () => {
  test('holds the documented mix', () => {
    const kinds = extract.customers.map(firstFortnight)
    expect(kinds).toHaveLength(60)
    expect(kinds.filter(({ bought, returned }) => bought && !returned)).toHaveLength(15)
    expect(kinds.filter(({ bought, returned }) => !bought && returned)).toHaveLength(15)
    expect(kinds.filter(({ bought, returned }) => bought && returned)).toHaveLength(6)
    expect(kinds.filter(({ bought, returned }) => !bought && !returned)).toHaveLength(24)
  })

  test('begins with a purchase, is in order and stays within two weeks', () => {
    for (const { invoices } of extract.customers) {
      const instants = invoices.map(({ at }) => Date.parse(at))
      const [first = Number.NaN] = instants
      expect(invoices[0]).not.toSatisfy(isReturn)
      expect(instants).toEqual(instants.toSorted((a, b) => a - b))
      expect(Math.max(...instants) - first).toBeLessThanOrEqual(14 * DAY_MS)
    }
  })
})

describe('demoCustomers', () => {
  test('starts every customer on the next Monday and keeps weekday and hour of every invoice', () => {
    expect(new Set(cast.map(({ startsAtMs }) => startsAtMs))).toEqual(
      new Set([Date.parse('2026-11-30T00:00:00Z')]),
    )
    for (const [index, customer] of cast.entries()) {
      const real = extract.customers[index]?.invoices.map(({ at }) => at) ?? []
      const sent = customer.events.filter(({ event }) => event.startsWith('Order '))
      expect(sent.map(({ atMs }) => hourOfWeek(atMs))).toEqual(
        real.map((at) => hourOfWeek(Date.parse(at))),
      )
      const [first] = sent
      expect((first?.atMs ?? 0) - customer.startsAtMs).toBeGreaterThanOrEqual(0)
      expect((first?.atMs ?? 0) - customer.startsAtMs).toBeLessThan(7 * DAY_MS)
    }
  })

  test('sends events in order of time', () => {
    for (const { events } of cast) {
      const instants = events.map(({ atMs }) => atMs)
      expect(instants).toEqual(instants.toSorted((a, b) => a - b))
    }
  })

  test('marks what is made up, and nothing else', () => {
    for (const { event, properties } of cast.flatMap(({ events }) => events)) {
      expect(properties['made_up'] === true).toBe(!event.startsWith('Order '))
    }
  })

  test('sums an order to the penny', () => {
    const order = cast[0]?.events[0]
    expect(order).toMatchObject({ event: 'Order Completed', properties: { order_id: '541675' } })
    const pence = extract.customers[0]?.invoices[0]?.lines.reduce(
      (sum, line) => sum + Math.round(line.unitPrice * 100) * line.quantity,
      0,
    )
    expect(order?.properties['revenue']).toBe((pence ?? 0) / 100)
  })

  test('fits every event into what the API accepts', () => {
    for (const { properties } of cast.flatMap(({ events }) => events)) {
      expect(JSON.stringify(properties).length).toBeLessThan(30_000)
    }
  })

  test('gives the same figures with another run id, a week later and in the next year', () => {
    const other = demoCustomers(extract, { nowMs: NOW_MS + 60 * 7 * DAY_MS + 1, runId: 'zz9' })
    expect(other.map(figuresOf)).toEqual(cast.map(figuresOf))
  })

  test('gives new ids and addresses with another run id', () => {
    const other = demoCustomers(extract, { nowMs: NOW_MS, runId: 'zz9' })
    const ids = [...cast, ...other].flatMap(({ userId, traits, events }) => [
      userId,
      traits.email,
      ...events.map(({ messageId }) => messageId),
    ])
    expect(new Set(ids).size).toBe(ids.length)
  })

  test('holds birthdays, refusals and silent customers to move on', () => {
    const events = cast.flatMap((customer) => customer.events.map(({ event }) => event))
    expect(events.filter((event) => event === 'Birthday')).toHaveLength(10)
    expect(events.filter((event) => event === 'Flash Sale Opened')).toHaveLength(60)
    expect(cast.filter(({ consents }) => consents.length === 0)).toHaveLength(3)
    expect(cast.filter(({ consents }) => consents.some(({ granted }) => !granted))).toHaveLength(3)
    expect(cast.filter(({ movedOn }) => movedOn)).toHaveLength(8)
  })

  test('writes to nobody real', () => {
    for (const { traits } of cast) expect(traits.email).toMatch(/^[a-z.0-9]+@example\.com$/)
  })
})

function hourOfWeek(atMs: number): number {
  return atMs % (7 * DAY_MS)
}

/** Everything that may decide a figure: no id, no name, instants from the customer's own Monday. */
function figuresOf({ consents, startsAtMs, events, movedOn }: (typeof cast)[number]) {
  return {
    consents,
    movedOn,
    events: events.map(({ event, atMs, properties }) => ({
      event,
      properties,
      afterMs: atMs - startsAtMs,
    })),
  }
}

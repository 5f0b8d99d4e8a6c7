import { describe, expect, test } from 'vitest'
import { demoCustomers, readRetailExtract } from './customers.ts'
import { mailsAfterReturn } from './figures.ts'
import { readDemoJourneys } from './journeys.ts'
import { playCustomer } from './play.ts'
import { returnsOf } from './without-arbitration.ts'

const journeys = readDemoJourneys()
const DAY_MS = 24 * 3_600_000
const cast = demoCustomers(readRetailExtract(), {
  nowMs: Date.parse('2026-11-25T15:30:00Z'),
  runId: 'a1',
})
const played = cast.map((customer) => ({
  customer,
  ...playCustomer(journeys, customer, customer.startsAtMs + (customer.movedOn ? 125 : 42) * DAY_MS),
}))

describe('the example journeys on the customers of the demo', () => {
  test('show every outcome of an arbitration', () => {
    const outcomes = new Set(
      played.flatMap(({ decisions }) => decisions.map(({ outcome }) => outcome)),
    )
    expect([...outcomes].toSorted()).toEqual([
      'enter',
      'queue',
      'reject',
      'resume',
      'stay',
      'switch',
    ])
  })

  test('send everybody who returns something into the returns journey at once', () => {
    for (const { customer, deliveries } of played) {
      const [returnedAtMs] = returnsOf(customer)
      const first = deliveries.find(({ journey }) => journey === 'returns')
      expect(first?.nowMs).toBe(returnedAtMs)
    }
  })

  test('keep the week after a return free of anything else', () => {
    const mails = played.map(({ customer, deliveries }) =>
      mailsAfterReturn(
        deliveries
          .filter(({ journey }) => journey !== 'returns')
          .map(({ nowMs }) => ({ atMs: nowMs })),
        returnsOf(customer),
      ),
    )
    expect(mails.reduce((sum, each) => sum + each, 0)).toBe(0)
  })

  test('let a birthday wait for the end of a return', () => {
    const waited = played.filter(({ decisions }) =>
      decisions.some(({ summary }) => /Birthday → stay in returns, queue birthday/.test(summary)),
    )
    expect(waited.length).toBeGreaterThan(0)
    for (const { deliveries } of waited) {
      expect(deliveries.map(({ message }) => message)).toContain('happy-birthday')
    }
  })

  test('never send two mails at one instant', () => {
    for (const { deliveries } of played) {
      const instants = deliveries.map(({ nowMs }) => nowMs)
      expect(new Set(instants).size).toBe(instants.length)
    }
  })

  test('win back who was moved on and may be written to', () => {
    for (const { customer, deliveries } of played) {
      const mayBeWrittenTo = customer.consents.some(({ granted }) => granted)
      const isWonBack = deliveries.some(({ message }) => message === 'one-offer')
      expect(isWonBack).toBe(customer.movedOn && mayBeWrittenTo)
    }
  })

  test('leave nobody in the middle of anything, and fail on nobody’s data', () => {
    for (const { actor, records } of played) {
      expect(actor.runs).toEqual([])
      expect(records.flatMap(({ failures }) => failures)).toEqual([])
    }
  })

  test('write marketing only to those who said yes', () => {
    for (const { customer, deliveries } of played) {
      if (customer.consents.some(({ granted }) => granted)) continue
      expect(new Set(deliveries.map(({ journey }) => journey))).toSatisfy(
        (seen: Set<string>) => seen.size === 0 || (seen.size === 1 && seen.has('returns')),
      )
    }
  })
})

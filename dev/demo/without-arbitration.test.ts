import { describe, expect, test } from 'vitest'
import { demoCustomers, readRetailExtract } from './customers.ts'
import { readDemoJourneys } from './journeys.ts'
import {
  mailsToReturnersWithoutArbitration,
  mailsWithoutArbitration,
  returnsOf,
} from './without-arbitration.ts'

const journeys = readDemoJourneys()
const NOW_MS = Date.parse('2026-11-25T15:30:00Z')
const DAY_MS = 24 * 3_600_000
const cast = demoCustomers(readRetailExtract(), { nowMs: NOW_MS, runId: 'a1' })

function byNumber(sourceId: string) {
  const customer = cast.find((each) => each.sourceId === sourceId)
  if (customer === undefined) throw new Error(`${sourceId} is not in the cast`)
  return customer
}

describe('mailsWithoutArbitration', () => {
  test('lets every journey run to its end, blind to the return and to the others', () => {
    const customer = byNumber('12544')
    const first = customer.events[0]?.atMs ?? 0
    const mails = mailsWithoutArbitration(journeys, customer, first + 20 * DAY_MS)
    const { startsAtMs } = customer
    const of = (key: string) =>
      mails
        .filter(({ journey }) => journey === key)
        .map(({ message, atMs }) => [message, Math.floor((atMs - startsAtMs) / DAY_MS)])
    expect(of('welcome')).toEqual([
      ['welcome', 3],
      ['make-the-most', 7],
      ['ideas', 10],
      ['how-is-it', 13],
      ['two-weeks', 16],
    ])
    expect(of('flash-sale')).toEqual([
      ['sale-open', 10],
      ['sale-ends', 12],
    ])
    expect(of('returns')).toEqual([])
    expect(of('win-back')).toEqual([])
  })

  test('sends nothing to somebody who never said yes', () => {
    const silent = cast.filter(({ consents }) => !consents.some(({ granted }) => granted))
    for (const customer of silent) {
      const untilMs = customer.startsAtMs + 30 * DAY_MS
      expect(mailsWithoutArbitration(journeys, customer, untilMs)).toEqual([])
    }
  })
})

describe('mailsToReturnersWithoutArbitration', () => {
  test('is the same figure for any run id and any week', () => {
    const figure = mailsToReturnersWithoutArbitration(journeys, cast)
    const later = { nowMs: NOW_MS + 9 * 7 * DAY_MS, runId: 'zz9' }
    const again = mailsToReturnersWithoutArbitration(
      journeys,
      demoCustomers(readRetailExtract(), later),
    )
    expect(again).toBe(figure)
    expect(figure).toMatchInlineSnapshot(`72`)
  })

  test('counts only people who returned something', () => {
    const loyal = cast.filter((customer) => returnsOf(customer).length === 0)
    expect(loyal).toHaveLength(39)
    expect(mailsToReturnersWithoutArbitration(journeys, loyal)).toBe(0)
  })
})

import { expect, test } from 'vitest'
import { demoCustomers, readRetailExtract } from './customers.ts'
import { readDemoJourneys } from './journeys.ts'
import { followedUntilMs } from './live.ts'
import { referenceOutcome } from './reference.ts'
import { reportOf } from './report-of.ts'
import type { DemoOutcome } from './run-demo.ts'

const URL_OF_SERVER = 'http://127.0.0.1:3000'
const journeys = readDemoJourneys()

/** As if the engine had done what the reference says. */
function outcomes(runId: string, now: string): DemoOutcome[] {
  const nowMs = Date.parse(now)
  return demoCustomers(readRetailExtract(), { nowMs, runId }).map((customer) => ({
    ...referenceOutcome(journeys, customer, followedUntilMs(customer)),
    customer,
    customerId: `id-${customer.sourceId}`,
    temporalUrl: `http://127.0.0.1:8233/${customer.sourceId}`,
    differences: [],
  }))
}
const report = reportOf(URL_OF_SERVER, journeys, outcomes('a1', '2026-11-25T15:30:00Z'))

test('no figure depends on the run or on the week', () => {
  const again = reportOf(URL_OF_SERVER, journeys, outcomes('zz9', '2027-03-31T23:59:00Z'))
  expect(again.figures).toEqual(report.figures)
  expect(again.afterReturn).toEqual(report.afterReturn)
})

test('nobody who has just returned something is written to about anything else', () => {
  expect(report.afterReturn).toEqual({ people: 21, sent: 0, withoutArbitration: 72 })
})

test('tells the richest story, and links to that customer', () => {
  const changes = report.story.timeline.map(({ data }) => data['change'])
  expect(changes).toEqual(expect.arrayContaining(['entered', 'paused', 'resumed', 'ended']))
  expect(report.links.map(({ url }) => url)).toEqual([
    expect.stringMatching(/^http:\/\/127\.0\.0\.1:8233\/\d+$/),
    expect.stringMatching(/^http:\/\/127\.0\.0\.1:3000\/v1\/customers\/id-\d+$/),
    expect.stringMatching(/^http:\/\/127\.0\.0\.1:3000\/outbox\?customer=id-\d+$/),
    'http://127.0.0.1:3000/docs',
  ])
})

test('names the customers whose figures are others under a virtual clock, ten at most', () => {
  const all = outcomes('a1', '2026-11-25T15:30:00Z')
  expect(report.comparison).toHaveLength(1)
  const odd = all.map((each, index) => ({
    ...each,
    differences: index < 12 ? [`welcome, entered: 2, under a virtual clock 1`] : [],
  }))
  const { comparison } = reportOf(URL_OF_SERVER, journeys, odd)
  expect(comparison[0]).toContain('12 of 60 customers')
  expect(comparison).toHaveLength(12)
  expect(comparison.at(-1)).toBe('  and 2 more')
})

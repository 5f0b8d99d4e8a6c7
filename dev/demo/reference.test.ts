import { expect, test } from 'vitest'
import { demoCustomers, readRetailExtract } from './customers.ts'
import { readDemoJourneys } from './journeys.ts'
import { followedUntilMs } from './live.ts'
import { differences, referenceOutcome } from './reference.ts'

const journeys = readDemoJourneys()
const cast = demoCustomers(readRetailExtract(), {
  nowMs: Date.parse('2026-11-25T15:30:00Z'),
  runId: 'a1',
})
const outcomeOf = (sourceId: string) => {
  const customer = cast.find((each) => each.sourceId === sourceId)
  if (customer === undefined) throw new Error(`${sourceId} is not in the cast`)
  return referenceOutcome(journeys, customer, followedUntilMs(customer))
}

test('the same life leaves no difference', () => {
  expect(differences(outcomeOf('17334'), outcomeOf('17334'))).toEqual([])
})

test('each figure that differs is named with both values', () => {
  const reference = outcomeOf('17334')
  const withoutReturns = {
    timeline: reference.timeline.filter(({ data }) => data['journey'] !== 'returns'),
    deliveries: reference.deliveries.filter(({ journey }) => journey !== 'returns'),
  }
  expect(differences(withoutReturns, reference)).toEqual([
    'returns, entered: 0, under a virtual clock 1',
    'returns, completed: 0, under a virtual clock 1',
    'returns, mails: 0, under a virtual clock 3',
  ])
})

test('by the end of their time all are done, but those on their way back', () => {
  for (const customer of cast) {
    const { timeline } = referenceOutcome(journeys, customer, followedUntilMs(customer))
    const runs = timeline.filter(({ kind }) => kind === 'run')
    const of = (change: string) => runs.filter(({ data }) => data['change'] === change).length
    const isBack = runs.some(({ data }) => data['journey'] === 'win-back')
    expect(of('entered') - of('ended')).toBe(isBack ? 1 : 0)
  }
})

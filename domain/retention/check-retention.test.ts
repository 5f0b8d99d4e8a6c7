import { expect, test } from 'vitest'
import { checkRetention } from './check-retention.ts'

const codesOf = (document: unknown) =>
  checkRetention(document).findings.map(({ code, path }) => `${code} ${path}`)

test('takes rules for events, mails, timelines, proposals and messages of pages, each of which may be left out', () => {
  const document = {
    rules: [
      { events: ['A'], keepFor: 'P400D', evenIfCounted: true },
      { events: '*', keepFor: 'P2Y' },
    ],
    mails: { keepFor: 'P30D' },
    timeline: { keepFor: 'P1Y' },
    agentTasks: { keepFor: 'P90D' },
    onsite: { keepFor: 'P30D' },
  }
  expect(checkRetention(document)).toEqual({ document, findings: [] })
  expect(checkRetention({}).document).toEqual({})
})

test('names durations that are none, wherever they are', () => {
  expect(
    codesOf({
      rules: [{ events: '*', keepFor: '1 day' }],
      mails: { keepFor: '-P1D' },
      timeline: { keepFor: 'PT0S' },
      agentTasks: { keepFor: 'P' },
      onsite: { keepFor: '' },
    }),
  ).toEqual([
    'bad_duration /rules/0/keepFor',
    'bad_duration /mails/keepFor',
    'bad_duration /timeline/keepFor',
    'bad_duration /agentTasks/keepFor',
    'bad_duration /onsite/keepFor',
  ])
})

test('names rules behind those that name all of their events', () => {
  const keepFor = 'P1Y'
  expect(
    codesOf({
      rules: [
        { events: ['A', 'B'], keepFor },
        { events: ['B'], keepFor },
        { events: ['B', 'C'], keepFor },
        { events: '*', keepFor },
        { events: ['D'], keepFor },
        { events: '*', keepFor },
      ],
    }),
  ).toEqual([
    'rule_never_applies /rules/1/events',
    'rule_never_applies /rules/4/events',
    'rule_never_applies /rules/5/events',
  ])
})

test('warns of events that the store has never seen', () => {
  const known = {
    events: new Map([['A', { count: 50, properties: new Set<string>() }]]),
    traits: { customers: 0, names: new Set<string>() },
    journeys: [],
  }
  const { document, findings } = checkRetention(
    { rules: [{ events: ['A', 'B'], keepFor: 'P1Y' }] },
    known,
  )
  expect(findings).toMatchObject([
    { code: 'unknown_event', path: '/rules/0/events/1', severity: 'warning' },
  ])
  expect(document).not.toBeNull()
})

import { expect, test } from 'vitest'
import { contactOf } from '../../test/support/contact.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { compileRuleBook } from '../journeys/compile-rule-book.ts'
import { exclusionReads } from './exclusion-reads.ts'
import { expandPreset } from './presets.ts'

const shapes = (...args: Parameters<typeof exclusionReads>) =>
  Object.fromEntries(
    [...exclusionReads(...args).events].map(([name, { properties }]) => [name, properties]),
  )

test('an opening event wakes the actor with its case, its instant and what its condition reads', () => {
  const late = expandPreset({
    preset: 'answerLate',
    open: [{ event: 'Complaint Opened', when: 'event.properties.severity > 2' }],
  })
  expect(shapes([late])).toEqual({
    'Complaint Opened': { answer_due_at: true, complaint_id: true, severity: true },
    'Complaint Answered': { complaint_id: true },
    'Complaint Closed': { complaint_id: true },
  })
})

test('what several rules read of one event adds up', () => {
  const rules = [expandPreset({ preset: 'complaintOpen' }), expandPreset({ preset: 'answerLate' })]
  expect(shapes(rules)['Complaint Opened']).toEqual({ answer_due_at: true, complaint_id: true })
})

test('a strength and a trait are read where a rule goes by them', () => {
  const reads = exclusionReads([
    expandPreset({ preset: 'upset' }),
    expandPreset({ preset: 'influencer' }),
  ])
  expect(reads.events.get('Mood Recorded')).toEqual({
    properties: { intensity: true },
    counted: false,
  })
  expect([...reads.traits]).toEqual(['influencer'])
})

test('an event that a condition counts is counted', () => {
  const { events } = exclusionReads([
    { name: 'many', while: "count('Order Cancelled', duration('P30D')) > 3" },
  ])
  expect(events.get('Order Cancelled')?.counted).toBe(true)
})

test('no address travels: rules that block one wake nobody', () => {
  const reads = exclusionReads([
    expandPreset({ preset: 'hardBounce' }),
    expandPreset({ preset: 'spamComplaint' }),
  ])
  expect(reads.events.size).toBe(0)
})

test('a rule book names what its exclusion rules read', () => {
  const book = compileRuleBook({
    journeys: [],
    lifecycle: DEFAULT_LIFECYCLE_RULES,
    contact: contactOf(expandPreset({ preset: 'complaintOpen' })),
    previous: null,
    publication: 7,
  })
  expect(book.events['Complaint Closed']).toEqual({
    since: 7,
    properties: { complaint_id: true },
    counted: false,
  })
})

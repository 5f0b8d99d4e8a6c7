import { expect, test } from 'vitest'
import { durationMs } from '../time.ts'
import { deletesAnything, planRetention } from './retention-plan.ts'

const NONE: ReadonlySet<string> = new Set()
const days = (count: number): number => durationMs(`P${count}D`)

test('the first rule that names an event counts, and `*` is for all that none before it names', () => {
  const plan = planRetention(
    {
      rules: [
        { events: ['A', 'B'], keepFor: 'P10D' },
        { events: ['B', 'C'], keepFor: 'P20D' },
        { events: '*', keepFor: 'P30D' },
      ],
    },
    NONE,
  )
  expect(plan.named).toEqual({
    A: { rule: 0, keepForMs: days(10) },
    B: { rule: 0, keepForMs: days(10) },
    C: { rule: 1, keepForMs: days(20) },
  })
  expect(plan.others).toEqual({ rule: 2, keepForMs: days(30) })
  expect(plan.heldBack).toEqual([])
})

test('what no rule names, and mails and timelines without a word, are kept', () => {
  expect(planRetention({ rules: [{ events: ['A'], keepFor: 'P10D' }] }, NONE)).toMatchObject({
    others: null,
    mailsMs: null,
    timelineMs: null,
    agentTasksMs: null,
    onsiteMs: null,
  })
  const plan = planRetention({ mails: { keepFor: 'P30D' }, timeline: { keepFor: 'P60D' } }, NONE)
  expect(plan).toMatchObject({ mailsMs: days(30), timelineMs: days(60) })
  const told = { agentTasks: { keepFor: 'P3D' }, onsite: { keepFor: 'P4D' } }
  expect(planRetention(told, NONE)).toMatchObject({ agentTasksMs: days(3), onsiteMs: days(4) })
})

test('what is counted since is held back, by name and behind `*`', () => {
  const plan = planRetention(
    {
      rules: [
        { events: ['Named'], keepFor: 'P10D' },
        { events: ['Long'], keepFor: 'P400D' },
        { events: ['Said'], keepFor: 'P10D', evenIfCounted: true },
        { events: '*', keepFor: 'P20D' },
      ],
    },
    new Set(['Other', 'Named', 'Long', 'Said']),
  )
  expect(plan.heldBack).toEqual(['Named', 'Other'])
  expect(plan.named).toEqual({
    Named: { rule: 0, keepForMs: null },
    Long: { rule: 1, keepForMs: days(400) },
    Said: { rule: 2, keepForMs: days(10) },
    Other: { rule: 3, keepForMs: null },
  })
  expect(plan.others).toEqual({ rule: 3, keepForMs: days(20) })
})

test('names that an object has by itself are events like others', () => {
  const plan = planRetention({ rules: [{ events: ['constructor'], keepFor: 'P10D' }] }, NONE)
  expect(Object.entries(plan.named)).toEqual([['constructor', { rule: 0, keepForMs: days(10) }]])
})

test('an empty document deletes nothing', () => {
  expect(deletesAnything({})).toBe(false)
  expect(deletesAnything({ rules: [] })).toBe(false)
  expect(deletesAnything({ mails: { keepFor: 'P1D' } })).toBe(true)
})

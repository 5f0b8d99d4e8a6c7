import { expect, test } from 'vitest'
import { matrixTable } from './matrix-table.ts'
import type { ContactPolicy } from './policy.ts'

const POLICY: ContactPolicy = {
  groups: [
    { name: 'case open', when: "count('Case Opened') > 0" },
    { name: 'gold', when: 'true' },
  ],
  matrix: [
    { groups: ['case open'], classes: ['marketing'], do: 'hold' },
    { groups: ['gold'], channels: ['email'], classes: ['service'], do: { replace: 'personal' } },
    { classes: ['marketing'], channels: ['webhook'], do: 'drop' },
  ],
}
const cell = (group: string | null, messageClass: string, channel: string) =>
  matrixTable(POLICY, new Map())
    .find((row) => row.group === group)
    ?.cells.find((each) => each.class === messageClass && each.channel === channel)?.do

test('has a row for each group in their order, and a last one for customers of none', () => {
  expect(matrixTable(POLICY, new Map()).map(({ group }) => group)).toEqual([
    'case open',
    'gold',
    null,
  ])
  expect(matrixTable({}, new Map()).map(({ group }) => group)).toEqual([null])
})

test('the first rule that is meant fills a cell; without one it is sent', () => {
  expect(cell('case open', 'marketing', 'webhook')).toBe('hold')
  expect(cell('gold', 'marketing', 'webhook')).toBe('drop')
  expect(cell('gold', 'service', 'email')).toEqual({ replace: 'personal' })
  expect(cell('gold', 'service', 'webhook')).toBe('send')
  expect(cell(null, 'marketing', 'webhook')).toBe('drop')
})

test('counts who is still in a group that was taken out among those of none', () => {
  const sizes = new Map<string | null, number>([
    ['gold', 4],
    ['silver', 2],
    [null, 3],
  ])
  expect(matrixTable(POLICY, sizes).map(({ customers }) => customers)).toEqual([0, 4, 5])
})

import { expect, test } from 'vitest'
import { contactRules } from '../../test/support/contact-rules.ts'
import { needsOf } from './capacity.ts'
import type { CapacityRule } from './policy.ts'

const rules = (capacities: Record<string, CapacityRule>) => contactRules({ capacities })
const marketing = { class: 'marketing', channel: 'email' } as const
const calls: CapacityRule = {
  contactsPerThousand: 20,
  handlingTime: 'PT5M',
  classes: ['marketing'],
}

test('a message takes what its expected calls take: calls a thousand times their length', () => {
  expect(needsOf(undefined, marketing, rules({ 'contact-centre': calls }))).toEqual([
    { name: 'contact-centre', seconds: 6 },
  ])
})

test('one that is not meant takes nothing, unless it says that it needs it', () => {
  const service = { class: 'service', channel: 'email' } as const
  const policy = rules({ 'contact-centre': calls })
  expect(needsOf(undefined, service, policy)).toEqual([])
  expect(needsOf('contact-centre', service, policy)).toEqual([
    { name: 'contact-centre', seconds: 6 },
  ])
})

test('without a rule it takes a second; nothing is taken twice; in the order of their names', () => {
  expect(needsOf('stock', marketing, undefined)).toEqual([{ name: 'stock', seconds: 1 }])
  const policy = rules({
    warehouse: { contactsPerThousand: 1_000, handlingTime: 'PT2S', channels: ['email'] },
    idle: { contactsPerThousand: 1_000, handlingTime: 'PT9S' },
    agents: calls,
  })
  expect(needsOf('agents', marketing, policy)).toEqual([
    { name: 'agents', seconds: 6 },
    { name: 'warehouse', seconds: 2 },
  ])
})

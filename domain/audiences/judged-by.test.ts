import { describe, expect, test } from 'vitest'
import { DEFAULT_LIFECYCLE_RULES, type LifecycleRules } from '../customers/lifecycle-rules.ts'
import type { Formulas } from '../facts/fact-rules.ts'
import { judgedBy } from './judged-by.ts'

const FACTS: Formulas = {
  buys: "count('Order Completed')",
  fond: "fact('buys') >= 3",
  quiet: "customer.lifecycle in ['at_risk', 'lost']",
  other: 'customer.traits.nps',
}
const LATER: LifecycleRules = { ...DEFAULT_LIFECYCLE_RULES, lostAfter: 'P200D' }

const by = (when: string, facts: Formulas = FACTS, lifecycle = DEFAULT_LIFECYCLE_RULES) =>
  judgedBy({ when, facts, lifecycle })

describe('what an audience is judged by', () => {
  test('changes with the condition', () => {
    expect(by('true')).toEqual(by('true'))
    expect(by('1 == 1')).not.toEqual(by('true'))
  })

  test('changes with a formula that it reaches, also by way of another, and with no other', () => {
    const buysMore = { ...FACTS, buys: "count('Order Completed', 'P90D')" }
    expect(by("fact('fond')", buysMore)).not.toEqual(by("fact('fond')"))
    expect(by("fact('fond')", { ...FACTS, other: '1' })).toEqual(by("fact('fond')"))
    expect(by('true', buysMore)).toEqual(by('true'))
  })

  test.each([
    "customer.lifecycle == 'lost'",
    "customer['lifecycle'] != 'lost'",
    "['lost'].exists(one, one == customer.lifecycle)",
    "fact('quiet')",
  ])('changes with the thresholds where it asks for the state: %s', (when) => {
    expect(by(when, FACTS, LATER)).not.toEqual(by(when))
    expect(by("has('email')", FACTS, LATER)).toEqual(by("has('email')"))
  })

  test('changes with what a purchase is where it asks for the worth, and with no threshold', () => {
    const purchase = { event: 'Trip Booked', value: 'price' }
    const when = 'customer.value > 100.0'
    expect(by(when, FACTS, LATER)).toEqual(by(when))
    expect(by(when, FACTS, { ...LATER, purchase })).not.toEqual(by(when))
  })

  test('does not change with how the rules are brought to actors', () => {
    const rolledOut: LifecycleRules = {
      ...DEFAULT_LIFECYCLE_RULES,
      version: 7,
      triggersEntries: true,
      hibernateAfter: 'P7D',
      currency: 'EUR',
    }
    const when = "customer.lifecycle == 'lost' && customer.value > 1.0"
    expect(by(when, FACTS, rolledOut)).toEqual(by(when))
  })
})

import { expect, test } from 'vitest'
import { checkCondition } from '../conditions.ts'
import { syntaxAdvice } from './syntax-advice.ts'

test.each([
  ["customer.traits.plan = 'gold'", 'Compare with "==".'],
  ["customer.traits.plan === 'gold'", 'Compare with "==" or "!=".'],
  ["customer.traits.plan == 'gold' and true", 'Write "&&" for and'],
  ["customer.traits.plan == 'this and that", 'A text needs its closing quote.'],
  ['  ', 'Write a condition'],
  ["(customer.traits.plan == 'a = b and c'", 'Check brackets'],
])('%s', (source, advice) => {
  const [problem] = checkCondition(source, { event: false, entry: false, result: 'bool' })
  expect(problem?.code).toBe('cel_syntax')
  expect(problem?.message).toContain(advice)
})

test('quotes without an end are looked through once', () => {
  const begun = performance.now()
  syntaxAdvice(`"${'\\"'.repeat(200_000)}\\`)
  expect(performance.now() - begun).toBeLessThan(500)
})

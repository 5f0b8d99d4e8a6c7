import { readFileSync, readdirSync } from 'node:fs'
import { expect, test } from 'vitest'
import { compileContactRules } from '../domain/contact/compile-policy.ts'
import type { ContactPolicy } from '../domain/contact/policy.ts'
import { DEFAULT_LIFECYCLE_RULES } from '../domain/customers/lifecycle-rules.ts'
import type { ArbitrationRules } from '../domain/decisioning/arbitration-rules.ts'
import { compileArbitration } from '../domain/decisioning/compile-arbitration.ts'
import { STANDARD_FACTS } from '../domain/facts/standard-facts.ts'
import { bookFindings } from '../domain/journeys/compile-rule-book.ts'
import type { Journey } from '../domain/journeys/journey.ts'
import { checkRules, kindOf } from '../domain/rule-documents.ts'
import { publishedAs } from '../domain/simulation.ts'

const read = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(name, import.meta.url), 'utf8'))
const journeys = readdirSync(new URL('journeys/', import.meta.url)).map(
  (name) => read(`journeys/${name}`) as Journey,
)
const known = {
  events: new Map(),
  traits: { customers: 0, names: new Set<string>() },
  journeys,
}

test.each([
  'contact-policy',
  'arbitration',
  'lifecycle',
  'identity',
  'retention',
  'case-rules',
  'fact-rules',
  'tracking-plan',
] as const)('%s.json can be published', (kind) => {
  const document = read(`${kind}.json`)
  expect(kindOf(document)).toBe(kind)
  expect(checkRules(kind, document, known)).toEqual({ checked: { kind, document }, findings: [] })
})

test('fit into one rule book with the journeys', () => {
  const policy = read('contact-policy.json') as ContactPolicy
  const { book } = publishedAs(
    journeys.map((journey) => ({ journey, version: 1, hash: journey.key, live: true })),
    {
      lifecycle: DEFAULT_LIFECYCLE_RULES,
      contact: { ...compileContactRules(policy, { version: 1, thresholds: {} }), hash: 'h' },
      arbitration: compileArbitration(read('arbitration.json') as ArbitrationRules),
    },
  )
  expect(bookFindings(book)).toEqual([])
  expect(book.events).toHaveProperty('Complaint Opened')
  expect(book.events['Order Refunded']?.counted).toBe(true)
})

test('fact-rules.json says what holds where nothing was published', () => {
  expect(read('fact-rules.json')).toMatchObject({ facts: STANDARD_FACTS })
})

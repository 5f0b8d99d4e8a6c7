import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import type { KnownNames } from '../domain/journeys/known-names.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { journey } from '../test/support/journeys.ts'

const page = readFileSync(new URL('findings.md', import.meta.url), 'utf8')
const [head = '', ...sections] = page.split(/^## /m)
const [base] = examplesIn(head)
const entries = sections.map((section) => ({
  code: /^`(\w+)`/.exec(section)?.[1] ?? '',
  severity: /\n\nWarning\. /.test(section) ? 'warning' : 'error',
  examples: examplesIn(section),
}))

/** Findings whose examples would fill pages: made and tested where they are found. */
const WITHOUT_EXAMPLES = [
  'definition_too_large',
  'too_deep',
  'too_many_steps',
  'path_too_long',
  'cel_too_complex',
  'template_too_complex',
  'more_findings',
  'key_mismatch',
  'rule_book_too_large',
]

/** What the store has seen where a finding depends on it. */
const KNOWN: KnownNames = {
  events: new Map([
    ['Order Completed', { count: 50, properties: new Set(['revenue', 'order_id']) }],
    ['Order Refunded', { count: 1, properties: new Set() }],
  ]),
  traits: { customers: 50, names: new Set(['plan', 'email']) },
  journeys: [journey('returns')],
}
const KNOWN_BY_CODE: Readonly<Record<string, KnownNames>> = {
  unknown_event: KNOWN,
  unknown_property: KNOWN,
  unknown_trait: KNOWN,
  unknown_journey: KNOWN,
  always_beaten: {
    ...KNOWN,
    journeys: [
      journey('first', {
        arbitration: { mode: 'auto', value: 100 },
        entry: { on: [{ event: 'Order Completed' }], reentry: { mode: 'afterExit' } },
      }),
    ],
  },
}

describe('docs/findings.md', () => {
  test('has one entry for each code, and no other', () => {
    expect(entries.map(({ code }) => code).toSorted()).toEqual(codesInSource())
  })

  test('starts with a sound journey', () => {
    expect(checkJourney(base).findings).toEqual([])
  })

  test('gives a bad and a good example wherever they fit on the page', () => {
    const without = entries.filter(({ examples }) => examples.length !== 2).map(({ code }) => code)
    expect(without.toSorted()).toEqual(WITHOUT_EXAMPLES.toSorted())
  })

  describe.each(entries.filter(({ examples }) => examples.length === 2))(
    '$code',
    ({ code, severity, examples: [bad = {}, good = {}] }) => {
      test('is found in the bad example', () => {
        const { findings } = checkJourney(mergePatch(base ?? {}, bad), KNOWN_BY_CODE[code])
        expect(findings).toContainEqual(expect.objectContaining({ code, severity }))
      })

      test('is mended in the good one, with nothing else wrong', () => {
        const { findings } = checkJourney(mergePatch(base ?? {}, good), KNOWN_BY_CODE[code])
        expect(findings).toEqual([])
      })
    },
  )
})

function examplesIn(text: string): JsonObject[] {
  return [...text.matchAll(/```json\n(.*?)```/gs)].map(([, json = '']) => JSON.parse(json))
}

/** RFC 7396. */
function mergePatch(target: JsonValue, patch: JsonValue): JsonValue {
  if (typeof patch !== 'object' || patch === null || Array.isArray(patch)) return patch
  const merged = new Map(
    typeof target === 'object' && target !== null && !Array.isArray(target)
      ? Object.entries(target)
      : [],
  )
  for (const [name, value] of Object.entries(patch)) {
    if (value === null) merged.delete(name)
    else merged.set(name, mergePatch(merged.get(name) ?? null, value))
  }
  return Object.fromEntries(merged)
}

/** Every code that a finding about a journey can have, read off the code that makes them. */
function codesInSource(): string[] {
  const root = new URL('../', import.meta.url)
  const files = [
    ...readdirSync(new URL('domain/journeys/', root), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
      .map((name) => `domain/journeys/${name}`),
    'operations/publish-journey.ts',
  ]
  const codes = files.flatMap((file) =>
    [...readFileSync(new URL(file, root), 'utf8').matchAll(/(?:code: |\badd\(\s*)'(\w+)'/g)].map(
      ([, code]) => code,
    ),
  )
  const withUnions = [
    'domain/conditions.ts',
    'domain/conditions/literals.ts',
    'domain/templates.ts',
  ]
  const unions = withUnions.flatMap((file) => {
    const source = readFileSync(new URL(file, root), 'utf8')
    const union = /Problem \{\s*readonly code:(.*?)readonly/s.exec(source)?.[1] ?? ''
    return [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)
  })
  return [...new Set([...codes, ...unions])].map(String).toSorted()
}

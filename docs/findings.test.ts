import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'

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
        const { findings } = checkJourney(mergePatch(base ?? {}, bad))
        expect(findings).toContainEqual(expect.objectContaining({ code, severity }))
      })

      test('is mended in the good one, with nothing else wrong', () => {
        expect(checkJourney(mergePatch(base ?? {}, good)).findings).toEqual([])
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
  const unions = ['domain/conditions.ts', 'domain/templates.ts'].flatMap((file) => {
    const source = readFileSync(new URL(file, root), 'utf8')
    const union = /Problem \{\s*readonly code:(.*?)readonly/s.exec(source)?.[1] ?? ''
    return [...union.matchAll(/'(\w+)'/g)].map(([, code]) => code)
  })
  return [...new Set([...codes, ...unions])].map(String).toSorted()
}

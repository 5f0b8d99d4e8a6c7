import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { checkAudience } from '../domain/audiences/check-audience.ts'
import { checkContactPolicy } from '../domain/contact/check-policy.ts'
import { checkIdentityRules } from '../domain/customers/check-identity.ts'
import { checkLifecycle } from '../domain/customers/check-lifecycle.ts'
import { checkArbitrationRules } from '../domain/decisioning/check-arbitration.ts'
import type { Finding } from '../domain/errors.ts'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import type { KnownNames } from '../domain/journeys/known-names.ts'
import type { JsonObject, JsonValue } from '../domain/json.ts'
import { checkFactRules } from '../domain/facts/check-fact-rules.ts'
import { checkCaseRules } from '../domain/cases/check-case-rules.ts'
import { checkLibraryMessage } from '../domain/library/check-library-message.ts'
import { checkRetention } from '../domain/retention/check-retention.ts'
import { checkTrackingPlan } from '../domain/tracking/check-tracking-plan.ts'
import { journey } from '../test/support/journeys.ts'

const page = readFileSync(new URL('findings.md', import.meta.url), 'utf8')
const [head = '', ...sections] = page.split(/^## /m)
/** What an example changes, by the word behind `json`. */
const CHECKS = {
  journey: (document, known) => checkJourney(document, known).findings,
  audience: (document, known) => checkAudience(document, known).findings,
  message: (document) => checkLibraryMessage(document).findings,
  'contact-policy': (document, known) => checkContactPolicy(document, known).findings,
  arbitration: (document, known) => checkArbitrationRules(document, known).findings,
  lifecycle: (document, known) => checkLifecycle(document, known).findings,
  'case-rules': (document) => checkCaseRules(document).findings,
  'fact-rules': (document, known) => checkFactRules(document, known).findings,
  retention: (document, known) => checkRetention(document, known).findings,
  identity: (document) => checkIdentityRules(document).findings,
  'tracking-plan': (document, known) => checkTrackingPlan(document, known).findings,
} as const satisfies Record<
  string,
  (document: unknown, known: KnownNames | undefined) => readonly Finding[]
>
type Kind = keyof typeof CHECKS
interface Example {
  readonly kind: Kind
  readonly json: JsonObject
}
const bases = new Map(examplesIn(head).map(({ kind, json }) => [kind, json]))
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
  'counted_event',
  'unknown_audience',
  'unknown_library_message',
  'not_as_in_library',
  'older_version_used',
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
  entry_has_passed: { ...KNOWN, nowMs: Date.parse('2026-11-01T00:00:00Z') },
  unknown_event: KNOWN,
  unknown_property: KNOWN,
  unknown_trait: KNOWN,
  unknown_journey: KNOWN,
  unknown_fact: { ...KNOWN, facts: new Set(['lead_score']) },
  refuses_seen_event: KNOWN,
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

  test.each([...bases])('starts with a sound %s', (kind, base) => {
    expect(CHECKS[kind](base, undefined)).toEqual([])
  })

  test('gives bad and good examples in pairs, wherever they fit on the page', () => {
    const without = entries.filter(({ examples }) => examples.length === 0).map(({ code }) => code)
    expect(without.toSorted()).toEqual(WITHOUT_EXAMPLES.toSorted())
    const unpaired = entries.filter(({ examples }) =>
      pairsOf(examples).some(([bad, good]) => bad.kind !== good?.kind),
    )
    expect(unpaired.map(({ code }) => code)).toEqual([])
  })

  describe.each(
    entries.flatMap(({ examples, ...entry }) =>
      pairsOf(examples).map(([bad, good = bad]) => ({ ...entry, kind: bad.kind, bad, good })),
    ),
  )('$code in $kind', ({ code, severity, kind, bad, good }) => {
    const check = ({ json }: Example) =>
      CHECKS[kind](mergePatch(bases.get(kind) ?? {}, json), KNOWN_BY_CODE[code])

    test('is found in the bad example', () => {
      expect(check(bad)).toContainEqual(expect.objectContaining({ code, severity }))
    })

    test('is mended in the good one, with nothing else wrong', () => {
      expect(check(good)).toEqual([])
    })
  })
})

function pairsOf(examples: readonly Example[]): (readonly [Example, Example?])[] {
  return examples.flatMap((bad, index) => {
    const good = examples[index + 1]
    if (index % 2 === 1) return []
    return [good === undefined ? ([bad] as const) : ([bad, good] as const)]
  })
}

function examplesIn(text: string): Example[] {
  return [...text.matchAll(/```json ?([\w-]*)\n(.*?)```/gs)].map(([, kind = '', json = '']) => ({
    kind: kind in CHECKS ? (kind as Kind) : 'journey',
    json: JSON.parse(json),
  }))
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

/** Every code that a finding can have, read off the code that makes them. */
function codesInSource(): string[] {
  const root = new URL('../', import.meta.url)
  const files = [
    ...[
      'domain/audiences/',
      'domain/library/',
      'domain/journeys/',
      'domain/channels/',
      'domain/contact/',
      'domain/decisioning/',
      'domain/customers/',
      'domain/cases/',
      'domain/facts/',
      'domain/retention/',
      'domain/tracking/',
    ].flatMap((folder) =>
      readdirSync(new URL(folder, root), { recursive: true, encoding: 'utf8' })
        .filter((name) => name.endsWith('.ts') && !name.endsWith('.test.ts'))
        .map((name) => folder + name),
    ),
    'domain/duplicate-names.ts',
    'operations/publish-journey.ts',
    'operations/pin-audience.ts',
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

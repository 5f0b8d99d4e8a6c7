import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import { checkAudience } from '../domain/audiences/check-audience.ts'
import { checkLibraryMessage } from '../domain/library/check-library-message.ts'
import { checkCondition } from '../domain/conditions.ts'
import type { Step } from '../domain/journeys/step.ts'
import { checkJourney } from '../domain/journeys/journey-problems.ts'
import { specOf } from '../domain/journeys/steps/registry.schema.ts'
import { checkRules } from '../domain/rule-documents.ts'
import { schemaDocument } from '../domain/schema-documents.schema.ts'
import { checkTemplate } from '../domain/templates.ts'

const ROOT = resolve(import.meta.dirname, '..')
const PAGES = [
  'README.md',
  'ARCHITECTURE.md',
  'CONTRIBUTING.md',
  'docs/journeys.md',
  'docs/operations.md',
  'docs/versions.md',
  'docs/cli.md',
  'docs/backtest.md',
  'docs/contact-policy.md',
  'docs/arbitration.md',
  'docs/contact-gate.md',
  'docs/exclusions.md',
  'docs/consent.md',
  'docs/channels.md',
  'docs/next.md',
  'docs/data-quality.md',
  'docs/cases.md',
  'docs/facts.md',
  'docs/retention.md',
  'docs/erasure.md',
  'docs/feedback.md',
  'docs/identity.md',
  'docs/tracking-plan.md',
  'docs/touchpoints.md',
  'docs/audiences.md',
  'docs/messages.md',
  'docs/examples.md',
]

const read = (file: string): string => readFileSync(join(ROOT, file), 'utf8')
const outsideBlocks = (text: string): string => text.replaceAll(/^```.*?^```/gms, '')
const ticked = (text: string): string[] =>
  [...text.matchAll(/`([^`\n]+)`/g)].map(([, it]) => it ?? '')
const blocks = (text: string, language: string): string[] =>
  [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, 'gms'))].map(
    ([, it]) => it ?? '',
  )

/** Paths of ours: with a slash or a known ending. Not addresses, packages, media types, or what a run leaves behind. */
const isPath = (text: string): boolean =>
  /^[\w.][\w./-]*$/.test(text) &&
  !/^(\.\/|\.rumbo|node_modules\/|application\/|text\/)/.test(text) &&
  (text.includes('/') || /\.(ts|mjs|md|json)$/.test(text))

describe.each(PAGES)('%s', (page) => {
  test('names only files and folders that are there', () => {
    const paths = ticked(outsideBlocks(read(page))).filter(isPath)
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  test('links only to pages that are there', () => {
    const links = [...read(page).matchAll(/\]\(([\w./-]+\.(?:md|json))(?:#[^)]*)?\)/g)]
    const missing = links.filter(([, to]) => !existsSync(join(ROOT, dirname(page), to ?? '')))
    expect(missing.map(([, to]) => to)).toEqual([])
  })
})

test('the table in ARCHITECTURE.md is the one that is enforced', () => {
  const quoted = (list: string | undefined): string[] =>
    [...(list ?? '').matchAll(/'([^']+)'/g)].map(([, it]) => it ?? '').toSorted()
  const enforced = [
    ...read('test/architecture.test.ts').matchAll(
      /(\w+): \{\s*ours: \[([^\]]*)\],\s*packages: \[([^\]]*)\],?\s*\}/g,
    ),
  ].map(([, folder, ours, packages]) => [folder, quoted(ours), quoted(packages)])
  const documented = [
    ...read('ARCHITECTURE.md').matchAll(/^\| `(\w+)` \| ([^|]*) \| ([^|]*) \|$/gm),
  ].map(([, folder, ours = '', packages = '']) => [
    folder,
    ticked(ours).toSorted(),
    ticked(packages).toSorted(),
  ])
  expect(enforced.length).toBeGreaterThan(5)
  expect(documented).toEqual(enforced)
})

/** A journey around one step or one trigger of a page. */
const FRAME = {
  key: 'framed',
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'Order Completed' }] },
  start: 'first',
}
const MESSAGE = {
  email: { subject: 's', html: 'h' },
  webhook: { url: 'https://a.example', body: {} },
}

const isStep = (block: unknown): block is Step =>
  typeof block === 'object' && block !== null && 'type' in block
const isTrigger = (block: unknown): boolean =>
  typeof block === 'object' &&
  block !== null &&
  !('type' in block) &&
  ['event', 'lifecycle', 'date', 'ended', 'api'].some((name) => name in block)

describe('docs/journeys.md', () => {
  const page = read('docs/journeys.md')

  test.each(blocks(page, 'json').filter((block) => block.includes('"key"')))(
    'a whole journey can be published: %#',
    (block) => expect(checkJourney(JSON.parse(block)).findings).toEqual([]),
  )

  const parsed = blocks(page, 'json').map((block): unknown => JSON.parse(block))

  test.each(parsed.filter(isStep))('a step can be published as it stands: $type %#', (step) => {
    const ends = specOf(step)
      .links(step)
      .map(({ value }) => [value, { type: 'exit' }] as const)
    const { findings } = checkJourney({
      ...FRAME,
      steps: { first: step, ...Object.fromEntries(ends) },
      ...(step.type === 'message' ? { messages: { [step.message]: MESSAGE } } : {}),
    })
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test.each(parsed.filter(isTrigger))('a trigger can be published as it stands: %j', (trigger) => {
    const { findings } = checkJourney({
      ...FRAME,
      entry: { on: [trigger] },
      steps: { first: { type: 'exit' } },
    })
    expect(findings.filter(({ severity }) => severity === 'error')).toEqual([])
  })

  test.each(blocks(page, 'cel').join('').trim().split('\n'))('%s', (source) =>
    expect(
      checkCondition(source, { event: true, entry: true, answers: true, result: 'bool' }),
    ).toEqual([]),
  )

  test.each(blocks(page, 'liquid').join('').trim().split('\n'))('%s', (source) =>
    expect(checkTemplate(source)).toEqual([]),
  )
})

describe('docs/audiences.md', () => {
  const page = read('docs/audiences.md')

  test.each(blocks(page, 'json'))('its example can be published as it stands: %#', (block) => {
    const check = block.includes('"steps"') ? checkJourney : checkAudience
    expect(check(JSON.parse(block)).findings).toEqual([])
  })

  test.each(blocks(page, 'cel').join('').trim().split('\n'))('%s', (when) =>
    expect(checkAudience({ key: 'a', when }).findings).toEqual([]),
  )
})

test('docs/messages.md: its first example can be published as it stands', () => {
  const [first = ''] = blocks(read('docs/messages.md'), 'json')
  expect(checkLibraryMessage(JSON.parse(first)).findings).toEqual([])
})

test.each(blocks(read('docs/facts.md'), 'cel').join('').trim().split('\n'))(
  'docs/facts.md: %s',
  (when) => expect(checkAudience({ key: 'a', when }).findings).toEqual([]),
)

const EXAMPLES = [
  ['docs/contact-policy.md', 'contact-policy'],
  ['docs/exclusions.md', 'contact-policy'],
  ['docs/arbitration.md', 'arbitration'],
  ['docs/lifecycle.md', 'lifecycle'],
  ['docs/cases.md', 'case-rules'],
  ['docs/facts.md', 'fact-rules'],
  ['docs/retention.md', 'retention'],
  ['docs/identity.md', 'identity'],
  ['docs/tracking-plan.md', 'tracking-plan'],
] as const

describe.each(EXAMPLES)('%s', (page, kind) => {
  test.each(blocks(read(page), 'json'))('its example can be published as it stands: %#', (block) =>
    expect(checkRules(kind, JSON.parse(block)).findings).toEqual([]),
  )
})

describe.each([EXAMPLES[0], EXAMPLES[2], EXAMPLES[3], EXAMPLES[4], EXAMPLES[5]])(
  '%s',
  (page, kind) => {
    test('names every field', () => {
      const { properties } = schemaDocument(kind)
      for (const name of Object.keys(properties ?? {}).filter((each) => each !== '$schema'))
        expect(read(page)).toContain(`\`${name}\``)
    })
  },
)

test('the journey in README.md can be published', () => {
  const [journey = ''] = blocks(read('README.md'), 'json')
  expect(checkJourney(JSON.parse(journey)).findings).toEqual([])
})

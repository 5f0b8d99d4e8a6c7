import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { DEFAULT_LIFECYCLE_RULES } from '../customers/lifecycle-rules.ts'
import { compileRun } from './compile.ts'
import { compileRuleBook } from './compile-rule-book.ts'
import type { Step } from './step.ts'
import { checkJourney } from './journey-problems.ts'

const BASE = {
  key: 'welcome',
  class: 'marketing',
  arbitration: { mode: 'auto', value: 12 },
  entry: { on: [{ event: 'Order Completed' }] },
  start: 'hello',
  steps: {
    hello: { type: 'message', message: 'hi', next: 'rest' },
    rest: { type: 'wait', for: 'P3D', next: 'end' },
    end: { type: 'exit' },
  } as Record<string, unknown>,
  messages: { hi: { email: { subject: 'Hi', html: '<p>Hi</p>' } } } as Record<string, unknown>,
}

const codes = (definition: unknown): string[] =>
  checkJourney(definition).findings.map(({ code }) => code)
const places = (definition: unknown): string[] =>
  checkJourney(definition).findings.map(({ code, path }) => `${code} ${path}`)

const chain = (length: number): Record<string, Step> => ({
  ...Object.fromEntries(
    Array.from({ length }, (_, index): [string, Step] => [
      `s${index}`,
      { type: 'update', set: { n: index }, next: index + 1 < length ? `s${index + 1}` : 'end' },
    ]),
  ),
  end: { type: 'exit' },
})

describe('checkJourney', () => {
  test('passes a sound journey on as it is', () => {
    expect(checkJourney(BASE)).toEqual({
      journey: BASE,
      findings: [],
      effects: { events: ['Order Completed'], traits: ['email'], channels: ['email'] },
    })
  })

  test('reports everything that is wrong at once, also behind what cannot be read', () => {
    expect(
      places({
        ...BASE,
        lane: 'sideways',
        holdout: 0.1,
        start: 'nowhere',
        staleAfter: 'P0D',
        exit: [{ event: 7 }, {}],
        steps: {
          ...BASE.steps,
          odd: { type: 'carousel' },
          'a/b': { type: 'wait', colour: 'red', at: '25:00', next: 'gone' },
        },
        messages: { ...BASE.messages, bad: { email: { subject: '{{', html: '' } } },
      }).toSorted(),
    ).toEqual([
      'bad_duration /staleAfter',
      'bad_local_time /steps/a~1b/at',
      'bad_name /steps/a~1b',
      'bad_template /messages/bad/email/subject',
      'dangling_link /start',
      'dangling_link /steps/a~1b/next',
      'exit_always /exit/1',
      'not_supported_yet /holdout',
      'unknown_field /steps/a~1b/colour',
      'unknown_value /lane',
      'unknown_value /steps/odd/type',
      'wrong_type /exit/0/event',
    ])
  })

  test.each([
    [{ holdout: 0.1 }, 'not_supported_yet /holdout'],
    [{ entry: { on: [{ lifecycle: 'asleep' }] } }, 'unknown_value /entry/on/0/lifecycle'],
    [
      { arbitration: { mode: 'manual', rank: 1, lock: { until: 'P3D' } } },
      'bad_instant /arbitration/lock/until',
    ],
    [
      { entry: { ...BASE.entry, reentry: { mode: 'perKey' } } },
      'missing_field /entry/reentry/property',
    ],
    [
      { entry: { ...BASE.entry, reentry: { mode: 'perKey', property: 'email' } } },
      'personal_trait /entry/reentry/property',
    ],
    [{ goal: { event: 'Order Completed', within: '-P1D' } }, 'bad_duration /goal/within'],
    [
      { onPreempt: 'finishStep', arbitration: { mode: 'auto', value: 1, lock: 'journey' } },
      'unknown_field /arbitration/lock',
    ],
    [{ onPreempt: 'vanish' }, 'unknown_value /onPreempt'],
  ])('%j', (change, expected) => {
    expect(places({ ...BASE, ...change })).toEqual([expected])
  })

  test.each([
    ['a list', []],
    ['null', null],
    ['a text', 'welcome'],
    ['nothing', undefined],
  ])('refuses %s', (_, definition) => {
    expect(checkJourney(definition).journey).toBeNull()
    expect(codes(definition)).toHaveLength(1)
  })

  test('a warning alone does not keep a journey from being published', () => {
    const checked = checkJourney({ ...BASE, steps: { ...BASE.steps, lost: { type: 'exit' } } })
    expect(checked.findings.map(({ severity }) => severity)).toEqual(['warning'])
    expect(checked.journey).not.toBeNull()
  })

  test('update cannot set what is personal', () => {
    const steps = { ...BASE.steps, rest: { type: 'update', set: { email: 'x' }, next: 'end' } }
    expect(places({ ...BASE, steps })).toEqual(['personal_trait /steps/rest/set/email'])
  })

  test('a condition sees an event only where there is one', () => {
    const when = "event.properties.plan == 'gold'"
    expect(places({ ...BASE, exit: [{ event: 'Plan Changed', when }] })).toEqual([])
    expect(places({ ...BASE, exit: [{ when }] })).toEqual(['cel_unknown_name /exit/0/when'])
  })
})

describe('limits', () => {
  test('200 steps in one instant are taken, 201 are not', () => {
    expect(codes({ ...BASE, start: 's0', steps: chain(199), messages: {} })).toEqual([])
    expect(codes({ ...BASE, start: 's0', steps: chain(200), messages: {} })).toEqual([
      'path_too_long',
    ])
  })

  test('the wait at the end of a path counts, since a run comes to it in the same instant', () => {
    const waiting = (length: number) => ({
      ...chain(length),
      end: { type: 'wait', for: 'P1D', next: 'last' },
      last: { type: 'exit' },
    })
    expect(codes({ ...BASE, start: 's0', steps: waiting(199), messages: {} })).toEqual([])
    expect(codes({ ...BASE, start: 's0', steps: waiting(200), messages: {} })).toEqual([
      'path_too_long',
    ])
  })

  const many = <T>(count: number, make: (index: number) => T): T[] =>
    Array.from({ length: count }, (_, index) => make(index))
  const end = { type: 'exit' }
  test.each([
    [
      'triggers under a long condition',
      {
        entry: {
          on: many(10_000, () => ({ api: true })),
          when: many(400, () => "has('a')").join(' && '),
        },
      },
    ],
    [
      'exit rules beside triggers',
      {
        entry: { on: many(4_000, () => ({ lifecycle: 'lost' })) },
        exit: many(4_000, (index) => ({ when: `has('a${index}')` })),
      },
    ],
    [
      'conditions',
      {
        steps: {
          hello: {
            type: 'branch',
            cases: many(4_000, (index) => ({
              when: `customer.traits.x${index} == 1`,
              next: 'end',
            })),
            else: 'end',
          },
          end,
        },
      },
    ],
    [
      'links that lead everywhere',
      {
        arbitration: { mode: 'manual', rank: 1, lock: 'journey' },
        steps: Object.fromEntries(
          many(499, (step) => [
            `s${step}`,
            {
              type: 'branch',
              cases: many(12, (index) => ({
                when: 'true',
                next: `s${(step * 7 + index * 31) % 499}`,
              })),
              else: 's0',
            },
          ]),
        ),
      },
    ],
    [
      'tags that are never closed',
      { messages: { hi: { email: { subject: '', html: '{% if a %}'.repeat(1_900) } } } },
    ],
    ['parentheses', { entry: { ...BASE.entry, when: `${'('.repeat(3_900)}true` } }],
  ])('a definition full of %s gets an answer', (_, change) => {
    // Unbounded, each of these would end the test by its time limit.
    expect(codes({ ...BASE, ...change })).not.toEqual([])
  })

  test('500 steps are taken, 501 are not', () => {
    const steps = (count: number) =>
      Object.fromEntries(
        Array.from({ length: count }, (_, index) => [
          `w${index}`,
          index + 1 < count
            ? { type: 'wait', for: 'PT1H', next: `w${index + 1}` }
            : { type: 'exit' },
        ]),
      )
    expect(codes({ ...BASE, start: 'w0', steps: steps(500), messages: {} })).toEqual([])
    expect(codes({ ...BASE, start: 'w0', steps: steps(501), messages: {} })).toEqual([
      'too_many_steps',
    ])
  })

  test('a definition above 256 KB is refused', () => {
    expect(codes({ ...BASE, title: 'é'.repeat(128 * 1024) })).toEqual(['definition_too_large'])
  })

  test('a definition nested without end is refused, not followed', () => {
    let body: unknown = 'x'
    for (let depth = 0; depth < 100_000; depth++) body = [body]
    expect(
      codes({ ...BASE, messages: { hi: { webhook: { url: 'https://example.com', body } } } }),
    ).toEqual(['too_deep'])
  })

  test('a message can show where to unsubscribe, a call to the outside cannot', () => {
    const text = 'Leave: {{ unsubscribeUrl }}'
    const ask = {
      type: 'webhook',
      url: 'https://a.example',
      body: { text },
      next: 'b',
      onFail: 'b',
    }
    const steps = { a: { type: 'message', message: 'hi', next: 'ask' }, ask, b: { type: 'exit' } }
    const messages = {
      hi: {
        email: { subject: 'Hi', html: text, text },
        webhook: { url: 'https://a.example', body: { text } },
      },
    }
    expect(places({ ...BASE, start: 'a', steps, messages })).toEqual([
      'unknown_name /steps/ask/body/text',
    ])
  })

  test('a text with more than 2,000 tags is refused unread', () => {
    const email = (tags: number) => ({ email: { subject: 'Hi', html: '{{ now }}'.repeat(tags) } })
    expect(codes({ ...BASE, messages: { hi: email(2_000) } })).toEqual([])
    expect(codes({ ...BASE, messages: { hi: email(2_001) } })).toEqual(['template_too_complex'])
  })

  test('nobody has to read more than 1,000 findings', () => {
    const { findings } = checkJourney({ ...BASE, exit: Array.from({ length: 2_000 }, () => ({})) })
    expect(findings).toHaveLength(1_001)
    expect(findings.at(-1)).toMatchObject({ code: 'more_findings', severity: 'error' })
  })

  test('a condition too long to be judged for everybody is refused', () => {
    const when = `true${' && true'.repeat(10_000)}`
    expect(codes({ ...BASE, entry: { ...BASE.entry, when } })).toEqual(['cel_too_complex'])
  })

  test('names that JavaScript keeps for itself are refused', () => {
    const definition: unknown = JSON.parse(
      JSON.stringify(BASE).replace('"rest":{', '"__proto__":{"type":"exit"},"rest":{'),
    )
    expect(places(definition)).toEqual(['bad_name /steps/__proto__'])
  })

  test.each([
    ["count('X', 'P30D') > 63", []],
    ["count('X', 'P30D') >= 64", ['window_too_much']],
    ["count('X', 'P30D') > 70", ['window_too_much']],
    ["count('X') > 70", []],
  ])('%s', (when, expected) => {
    expect(codes({ ...BASE, entry: { ...BASE.entry, when } })).toEqual(expected)
  })
})

describe('whatever is sent', () => {
  const shape = new Set(['findings', 'journey', 'effects'])

  test('any JSON gets an answer', () => {
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 6 }), (definition) => {
        expect(new Set(Object.keys(checkJourney(definition)))).toEqual(shape)
      }),
      { numRuns: 300 },
    )
  })

  test('a sound journey with anything anywhere gets an answer, and an error never passes', () => {
    const paths = pathsOf(BASE)
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.constantFrom(...paths), mutation()), { minLength: 1, maxLength: 3 }),
        (changes) => {
          const definition = changes.reduce<unknown>(
            (copy, [path, value]) => replaced(copy, path, value),
            BASE,
          )
          const { journey, findings } = checkJourney(definition)
          expect(journey === null).toBe(findings.some(({ severity }) => severity === 'error'))
          if (journey === null) return
          expect(compileRun(journey, 1, 'h').steps).toHaveProperty([journey.start])
          expect(
            compileRuleBook({
              journeys: [{ journey, version: 1, hash: 'h', live: true }],
              lifecycle: DEFAULT_LIFECYCLE_RULES,
              previous: null,
              publication: 1,
            }).events,
          ).not.toEqual({})
        },
      ),
      { numRuns: 500 },
    )
  })
})

function mutation(): fc.Arbitrary<unknown> {
  return fc.oneof(
    fc.jsonValue({ maxDepth: 3 }),
    fc.constantFrom(
      'hello',
      'rest',
      'end',
      'P1D',
      'event.properties.x == 1',
      "count('X', 'P1D') > 3",
    ),
    fc.constantFrom(
      { type: 'branch', cases: [{ when: 'true', next: 'hello' }], else: 'rest' },
      { type: 'waitFor', event: 'constructor', within: 'P1D', next: 'toString', onTimeout: 'end' },
      { type: 'update', set: { a: { expr: '1 +' } }, next: 'hello' },
      { webhook: { url: 'ftp://x', body: ['{{ counts[a] }}'] } },
    ),
  )
}

function pathsOf(value: unknown): string[][] {
  if (typeof value !== 'object' || value === null) return [[]]
  return [
    [],
    ...Object.entries(value).flatMap(([name, inner]) =>
      pathsOf(inner).map((path) => [name, ...path]),
    ),
  ]
}

function replaced(value: unknown, path: readonly string[], by: unknown): unknown {
  const [name, ...rest] = path
  if (name === undefined || typeof value !== 'object' || value === null) return by
  const inner = replaced((value as Record<string, unknown>)[name], rest, by)
  if (Array.isArray(value))
    return value.map((item, index) => (String(index) === name ? inner : item))
  return { ...value, [name]: inner }
}

import { describe, expect, test } from 'vitest'
import { answersNamed } from './answers-named.ts'
import { checkJourney } from './journey-problems.ts'
import { partsOf } from './journey-parts.ts'
import type { Journey } from './journey.ts'

/** Asks, looks at the answer by `when` and shows `text`. */
const asking = (when: string, text = 'Hello'): Journey => ({
  key: 'asking',
  class: 'service',
  arbitration: { mode: 'auto', value: 1 },
  entry: { on: [{ event: 'Signed Up' }] },
  start: 'ask',
  steps: {
    ask: { type: 'webhook', url: 'https://x.example/', saveAs: 'quote', next: 'look' },
    look: { type: 'branch', cases: [{ when, next: 'tell' }], else: 'done' },
    tell: { type: 'message', message: 'm', next: 'again' },
    again: {
      type: 'webhook',
      url: 'https://x.example/',
      body: { deep: ['{{ answers.quote.body.id }}'] },
      next: 'done',
    },
    done: { type: 'exit' },
  },
  messages: { m: { email: { subject: 'S', html: text } } },
})

const problems = (journey: Journey) =>
  checkJourney(journey)
    .findings.filter(({ severity }) => severity === 'error')
    .map(({ code, path }) => `${code} ${path}`)

describe('answersNamed', () => {
  test('sums up conditions, messages and what is called with', () => {
    const journey = asking(
      'answers.quote.status == 200 && answers.quote.body.offers.exists(o, o.price < 10)',
      '{% for o in answers.quote.body.rows %}{{ o.x }}{% endfor %}{{ answers.quote.body.a.b }}',
    )
    expect(answersNamed(partsOf(journey))).toEqual({
      quote: {
        status: true,
        body: { offers: { price: true }, rows: true, a: { b: true }, id: true },
      },
    })
  })

  test('names nothing where nobody asks', () => {
    const { steps, ...rest } = asking('true')
    const { again: _, ...others } = steps
    expect(answersNamed(partsOf({ ...rest, steps: others }))).toEqual({})
  })
})

describe('the checker', () => {
  test.each([
    ['answers.quote.status == 200'],
    ["answers['quote'].body.plan == 'gold'"],
    ['has(answers.quote.body.score) && answers.quote.body.score > 5'],
    ["'score' in answers.quote.body"],
    ['size(answers.quote.body.offers) > 0'],
    ["answers.quote.body.offers.exists(o, o.name == 'Tea')"],
  ])('lets pass %s', (when) => {
    expect(problems(asking(when))).toEqual([])
  })

  test.each([
    ['answers.other.status == 200', 'unknown_answer'],
    ["answers.quote.body == 'ok'", 'whole_value'],
    ['size(answers) > 0', 'whole_value'],
    ['answers.quote.headers.x == 1', 'cel_unknown_name'],
    ["answers.quote.body.email == 'x'", 'personal_trait'],
    ["answers.quote.body.name == 'x'", 'personal_trait'],
  ])('refuses %s: %s', (when, code) => {
    expect(problems(asking(when))).toEqual([`${code} /steps/look/cases/0/when`])
  })

  test.each([
    ['{{ answers.other.status }}', 'unknown_answer'],
    ['{{ answers.quote.body }}', 'whole_value'],
    ['{% for a in answers %}{{ a }}{% endfor %}', 'whole_value'],
    ['{{ answers.quote.body[customer.traits.plan] }}', 'whole_value'],
    ['{{ answers.quote.headers }}', 'whole_value'],
    ['{{ answers.quote.body.firstName }}', 'personal_trait'],
  ])('refuses the text %s: %s', (text, code) => {
    expect(problems(asking('true', text))).toEqual([`${code} /messages/m/email/html`])
  })

  test('there are no answers before there is a run', () => {
    const journey = asking('true')
    const early = { ...journey, entry: { ...journey.entry, when: 'answers.quote.status == 200' } }
    expect(problems(early)).toEqual(['cel_unknown_name /entry/when'])
    const exits = { ...journey, exit: [{ when: 'answers.quote.status == 404' }] }
    expect(problems(exits)).toEqual([])
  })
})

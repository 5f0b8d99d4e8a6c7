import { describe, expect, test } from 'vitest'
import { journey, mail } from '../../test/support/journeys.ts'
import { censusFindings, planFindings, regainedMessages, wayFrom } from './migration-plan.ts'
import type { Journey } from './journey.ts'
import type { Step } from './step.ts'

const rest = (next: string): Step => ({ type: 'wait', for: 'P3D', next })
const message = (name: string, next: string): Step => ({ type: 'message', message: name, next })

const flow = (steps: Record<string, Step>, messages: Journey['messages'] = {}): Journey =>
  journey('welcome', {
    start: Object.keys(steps)[0] ?? '',
    steps: { ...steps, done: { type: 'exit' } },
    messages,
  })

const old = flow(
  { hello: message('hello', 'rest'), rest: rest('bye'), bye: message('bye', 'done') },
  { hello: mail('Hello'), bye: mail('Bye') },
)

describe('a plan', () => {
  test('says for each step whether people move, leave or stay', () => {
    const steps = { rest: 'pause', hello: 'exit', bye: 'stay' }
    expect(['rest', 'hello', 'bye', 'done'].map((step) => wayFrom(steps, step))).toEqual([
      { type: 'move', to: 'pause' },
      { type: 'exit' },
      { type: 'stay' },
      null,
    ])
  })

  test('is told all that is wrong with its steps at once', () => {
    const next = flow({ rest: rest('done'), island: rest('done') })
    const findings = planFindings(old, next, { rest: 'island', hello: 'bye', nap: 'rest' })
    expect(findings.map(({ code, path }) => `${path} ${code}`)).toEqual([
      '/steps/rest unreachable_target',
      '/steps/hello unknown_target',
      '/steps/nap unknown_step',
    ])
  })

  test('must name every step on which somebody rests', () => {
    const findings = censusFindings(
      { rest: 'rest' },
      { resting: { rest: 3, nap: 1 }, resent: [], resend: false },
    )
    expect(findings).toMatchObject([
      { code: 'step_not_named', message: expect.stringContaining('1 person is on "nap"') },
    ])
  })

  test('that sends somebody a message again is refused unless it says so', () => {
    const census = { resting: {}, resent: [{ step: 'rest', message: 'hello', people: 12 }] }
    expect(censusFindings({ rest: 'hello' }, { ...census, resend: false })).toMatchObject([
      {
        code: 'would_resend',
        path: '/steps/rest',
        message: expect.stringContaining('12 people are on "rest" who already got "hello"'),
      },
    ])
    expect(censusFindings({ rest: 'hello' }, { ...census, resend: true })).toEqual([])
  })
})

describe('messages that a move brings back', () => {
  const regained = (to: Journey, step: string, target: string) =>
    [...regainedMessages(old, to, { step, target })].toSorted()

  test('are those that lie ahead of the new step and lay behind the old one', () => {
    expect(regained(old, 'rest', 'rest')).toEqual([])
    expect(regained(old, 'rest', 'hello')).toEqual(['hello'])
    expect(regained(old, 'bye', 'hello')).toEqual(['bye', 'hello'])
  })

  test('are known by their content under another name', () => {
    const renamed = flow(
      { greet: message('greeting', 'rest'), rest: rest('done') },
      { greeting: mail('Hello') },
    )
    expect(regained(renamed, 'rest', 'greet')).toEqual(['greeting', 'hello'])
  })

  test('are not those that come round again in the old version too', () => {
    const weekly = flow({ news: message('news', 'rest'), rest: rest('news') })
    expect([...regainedMessages(weekly, weekly, { step: 'rest', target: 'news' })]).toEqual([])
  })
})

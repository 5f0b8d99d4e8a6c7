import { describe, expect, test } from 'vitest'
import { journey, mail } from '../../test/support/journeys.ts'
import { checkJourney } from './journey-problems.ts'

const BASE = journey('welcome', {
  entry: { on: [{ event: 'Order Completed' }] },
  steps: {
    hello: { type: 'message', message: 'greeting', next: 'rest' },
    rest: { type: 'wait', for: 'P3D', next: 'end' },
    end: { type: 'exit' },
  },
  messages: { greeting: mail('Hi') },
})
const step = (rest: unknown) => ({ steps: { ...BASE.steps, rest } })
const entry = (trigger: object) => ({ entry: { on: [trigger] } })
const sms = { webhook: { url: 'https://x.example/{{ customer.traits.id }}', body: {} } }

describe('one mistake is told once, with what to do', () => {
  test.each<[object, string, string]>([
    [step({ type: 'wait', for: 'P3D', next: 'ennd' }), '/steps/rest/next', 'do you mean "end"?'],
    [{ start: 'helo' }, '/start', 'do you mean "hello"?'],
    [{ steps: [{ type: 'exit' }] }, '/steps', 'write an object'],
    [entry({ evnt: 'Order Completed' }), '/entry/on/0/evnt', 'do you mean "event"?'],
    [entry({ lifecyle: 'hero' }), '/entry/on/0/lifecyle', 'do you mean "lifecycle"?'],
    [entry({}), '/entry/on/0', 'One of "event", "lifecycle", "date", "ended", "api" is needed'],
    [step({ type: 'wait', for: 'P3D', nxt: 'end' }), '/steps/rest/nxt', 'do you mean "next"?'],
    [
      { arbitration: { mode: 'manual', rank: 1, lock: true } },
      '/arbitration/lock',
      'use one of "journey"',
    ],
    [
      { arbitration: { mode: 'auto', value: 1, propensity: 15 } },
      '/arbitration/propensity',
      'at most 1',
    ],
    [entry({ event: '' }), '/entry/on/0/event', 'at least 1 characters'],
    [{ messages: { ...BASE.messages, task: sms } }, '/messages/task/webhook/url', 'no template'],
    [
      step({ type: 'message', message: 'greeting', sendBy: 'tomorrow', next: 'end' }),
      '/steps/rest/sendBy',
      'neither a duration',
    ],
    [step({ type: 'wait', for: 'P0D', next: 'end' }), '/steps/rest/for', 'write a longer one'],
    [
      entry({ event: 'Order Completed', when: 'entry.properties.total > 1' }),
      '/entry/on/0/when',
      'as "event"',
    ],
  ])('%j', (change, path, advice) => {
    const { findings } = checkJourney({ ...BASE, ...change }, KNOWN)
    const errors = findings.filter(({ code }) => code !== 'unused_message')
    expect(errors.map((finding) => finding.path)).toEqual([path])
    expect(errors[0]?.message).toContain(advice)
  })

  test('a misspelt message does not make the right one unused', () => {
    const steps = { ...BASE.steps, hello: { type: 'message', message: 'greetng', next: 'rest' } }
    const { findings } = checkJourney({ ...BASE, steps })
    expect(findings.map(({ code }) => code)).toEqual(['unknown_message'])
  })

  test('very many misspelt fields get an answer', () => {
    const steps = Object.fromEntries(
      Array.from({ length: 8_000 }, (_, n) => [`s${n}`, { type: 'exit', resaon: 'x' }]),
    )
    const begun = performance.now()
    expect(checkJourney({ ...BASE, steps }).journey).toBeNull()
    expect(performance.now() - begun).toBeLessThan(2_000)
  })
})

const KNOWN = {
  events: new Map([['Order Completed', { count: 100, properties: new Set(['order_id']) }]]),
  traits: { customers: 100, names: new Set<string>() },
  journeys: [],
}

test('a journey that is entered on request is beaten by no other that is', () => {
  const requested = (key: string, value: number) =>
    journey(key, {
      arbitration: { mode: 'auto', value },
      entry: { on: [{ api: true }], reentry: { mode: 'afterExit' } },
    })
  const known = { ...KNOWN, journeys: [requested('other', 50)] }
  expect(checkJourney(requested('own', 5), known).findings).toEqual([])
})

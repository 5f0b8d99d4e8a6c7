import { describe, expect, test } from 'vitest'
import { journey, mail } from '../../test/support/journeys.ts'
import { diffJourneys } from './diff.ts'
import type { Journey } from './journey.ts'

const BEFORE: Journey = journey('welcome', {
  entry: { on: [{ event: 'Signed Up' }], when: "has('email')" },
  start: 'rest',
  steps: {
    rest: { type: 'wait', for: 'P3D', next: 'look' },
    look: {
      type: 'branch',
      cases: [
        { when: 'true', next: 'done' },
        { when: 'false', next: 'rest' },
      ],
      else: 'done',
    },
    done: { type: 'exit' },
  },
})
const with_ = (parts: Partial<Journey>): Journey => ({ ...BEFORE, ...parts })

describe('diffJourneys', () => {
  test('of the same definition is empty, whatever the order of names', () => {
    const reordered = Object.fromEntries(Object.entries(BEFORE).toReversed()) as unknown as Journey
    const none = { added: [], removed: [], changed: [] }
    expect(diffJourneys(BEFORE, reordered)).toEqual({ steps: none, messages: none, settings: [] })
  })

  test('names what changed in a step, with its place in the definition', () => {
    const { steps, settings } = diffJourneys(
      BEFORE,
      with_({
        steps: { ...BEFORE.steps, rest: { type: 'wait', for: 'P2D', at: '09:00', next: 'look' } },
      }),
    )
    expect(steps).toEqual({
      added: [],
      removed: [],
      changed: [
        {
          step: 'rest',
          changes: [
            { path: '/steps/rest/at', to: '09:00' },
            { path: '/steps/rest/for', from: 'P3D', to: 'P2D' },
          ],
        },
      ],
    })
    expect(settings).toEqual([])
  })

  test('a step with another name was removed and added', () => {
    const { rest, ...others } = BEFORE.steps
    const { steps, settings } = diffJourneys(
      BEFORE,
      with_({ start: 'pause', steps: { ...others, ...(rest && { pause: rest }) } }),
    )
    expect(steps).toEqual({ added: ['pause'], removed: ['rest'], changed: [] })
    expect(settings).toEqual([{ path: '/start', from: 'rest', to: 'pause' }])
  })

  test('an array of one length is compared by element, of another one as a whole', () => {
    const cases = [
      { when: 'true', next: 'done' },
      { when: '1 == 2', next: 'rest' },
    ]
    const changesWith = (changed: typeof cases) =>
      diffJourneys(
        BEFORE,
        with_({
          steps: { ...BEFORE.steps, look: { type: 'branch', cases: changed, else: 'done' } },
        }),
      ).steps.changed[0]?.changes
    expect(changesWith(cases)).toEqual([
      { path: '/steps/look/cases/1/when', from: 'false', to: '1 == 2' },
    ])
    expect(changesWith(cases.slice(1))).toMatchObject([
      { path: '/steps/look/cases', to: [{ when: '1 == 2', next: 'rest' }] },
    ])
  })

  test('names messages and settings, and what is gone', () => {
    const { entry, messages = {}, ...rest } = BEFORE
    const { hello, ...others } = messages
    const { messages: texts, settings } = diffJourneys(BEFORE, {
      ...rest,
      title: 'Welcome',
      entry: { on: entry.on },
      messages: { ...others, 'a/b': mail('new'), bye: mail('good bye') },
    })
    expect(hello).toBeDefined()
    expect(texts).toEqual({
      added: ['a/b'],
      removed: ['hello'],
      changed: [
        {
          message: 'bye',
          changes: [
            { path: '/messages/bye/email/html', from: '<p>welcome bye</p>', to: '<p>good bye</p>' },
            { path: '/messages/bye/email/subject', from: 'welcome bye', to: 'good bye' },
          ],
        },
      ],
    })
    expect(settings).toEqual([
      { path: '/entry/when', from: "has('email')" },
      { path: '/title', to: 'Welcome' },
    ])
  })

  test('a name that objects have anyway is a name like any other', () => {
    const steps = { ...BEFORE.steps, constructor: { type: 'exit' as const } }
    expect(diffJourneys(BEFORE, with_({ steps })).steps.added).toEqual(['constructor'])
    expect(diffJourneys(with_({ steps }), BEFORE).steps.removed).toEqual(['constructor'])
  })
})

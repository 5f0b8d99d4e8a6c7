import { expect, test } from 'vitest'
import { judgeRun, type RunInVersion } from './migration-verdict.ts'

const rules = {
  from: 1,
  steps: { rest: 'pause', hello: 'exit', look: 'stay' },
  resend: false,
  regained: () => new Set(['hello']),
}
const run = (parts: Partial<RunInVersion> = {}): RunInVersion => ({
  version: 1,
  step: 'rest',
  status: 'waiting',
  delivered: [],
  ...parts,
})

test.each<[string, Partial<RunInVersion>, object]>([
  ['is moved to the step that the plan names', {}, { type: 'ask', to: 'pause' }],
  ['is moved while it is paused too', { status: 'paused' }, { type: 'ask', to: 'pause' }],
  ['leaves where the plan says so', { step: 'hello' }, { type: 'ask', to: null }],
  ['stays where the plan says so', { step: 'look' }, { type: 'stayed', reason: null }],
  ['stays on a step that the plan does not name', { step: 'nap' }, { type: 'stayed' }],
  [
    'is looked at later while it is on its way',
    { step: 'nap', status: 'active' },
    { type: 'later' },
  ],
  ['is left alone once it has ended', { status: 'ended' }, { type: 'gone' }],
  ['is left alone in another version', { version: 3 }, { type: 'gone' }],
  [
    'is refused where it would get a message again',
    { delivered: ['bye', 'hello'] },
    { type: 'refused', reason: 'It would get "hello" again.' },
  ],
])('a run %s', (_what, parts, verdict) => {
  expect(judgeRun(rules, run(parts))).toMatchObject(verdict)
})

test('a run may get a message again where the plan says so', () => {
  expect(judgeRun({ ...rules, resend: true }, run({ delivered: ['hello'] }))).toEqual({
    type: 'ask',
    to: 'pause',
  })
})

import { expect, test } from 'vitest'
import { crashesIn } from './test-crashes.ts'

const died = (signal: string) => ({
  message: '[vitest-pool]: Worker forks emitted error.',
  cause: new Error(
    `Worker exited unexpectedly with signal ${signal} during started state while running test file /a/b.test.ts`,
  ),
})

test('names the file whose process a fatal signal ended', () => {
  expect(crashesIn([died('SIGTRAP'), new Error('anything else')])).toEqual([
    { signal: 'SIGTRAP', file: '/a/b.test.ts' },
  ])
})

test('leaves out a process that somebody ended on purpose', () => {
  expect(crashesIn([died('SIGTERM'), died('SIGKILL')])).toEqual([])
})

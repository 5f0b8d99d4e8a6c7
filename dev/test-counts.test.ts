import { expect, test } from 'vitest'
import { countTests } from './test-counts.ts'

const file = (status: string, ...tests: string[]) => ({
  status,
  assertionResults: tests.map((each) => ({ status: each })),
})

test('counts what vitest reports', () => {
  const report = {
    numFailedTests: 1,
    testResults: [file('passed', 'passed', 'passed'), file('failed', 'passed', 'failed')],
  }
  expect(countTests(report, 1)).toEqual({ passed: 3, failed: 1 })
})

test('counts a file that could not be loaded as a failure', () => {
  const report = {
    numFailedTests: 0,
    testResults: [file('passed', 'passed'), file('failed')],
  }
  expect(countTests(report, 1)).toEqual({ passed: 1, failed: 1 })
})

test('never calls a run fine that ended badly', () => {
  expect(countTests(undefined, 1)).toEqual({ passed: 0, failed: 1 })
  expect(countTests(undefined, 0)).toEqual({ passed: 0, failed: 1 })
  expect(countTests({ numFailedTests: 0, testResults: [file('passed', 'passed')] }, 1)).toEqual({
    passed: 1,
    failed: 1,
  })
})

test('does not count a test whose process died before it was done', () => {
  const report = { numFailedTests: 0, testResults: [file('passed', 'passed', 'pending')] }
  expect(countTests(report, 1)).toEqual({ passed: 1, failed: 1 })
})

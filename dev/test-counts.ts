import { z } from 'zod'

/** What is read of vitest's JSON report. */
const report = z.object({
  numFailedTests: z.number(),
  testResults: z.array(
    z.object({ status: z.string(), assertionResults: z.array(z.object({ status: z.string() })) }),
  ),
})

/**
 * How many tests passed and failed in a run that ended with `exitCode`. A file that failed outside
 * its tests counts as one failure, and so does a run that failed in no test that it reports.
 */
export function countTests(json: unknown, exitCode: number): { passed: number; failed: number } {
  const parsed = report.safeParse(json)
  if (!parsed.success) return { passed: 0, failed: 1 }
  const { numFailedTests, testResults } = parsed.data
  // One by one: the report's own sum counts a test whose process died among the passed.
  const passed = testResults
    .flatMap(({ assertionResults }) => assertionResults)
    .filter(({ status }) => status === 'passed').length
  const brokenFiles = testResults.filter(
    ({ status, assertionResults }) =>
      status === 'failed' && assertionResults.every((test) => test.status !== 'failed'),
  )
  const failed = numFailedTests + brokenFiles.length
  return { passed, failed: failed === 0 && exitCode !== 0 ? 1 : failed }
}

import { writeFileSync } from 'node:fs'
import type { Reporter } from 'vitest/node'
import { crashesIn } from './test-crashes.ts'

/** Leaves a list of crashed test files in the file that `CRASH_REPORT` names: vitest's own report does not have it. */
export default class CrashReporter implements Reporter {
  onTestRunEnd(_modules: unknown, errors: Parameters<typeof crashesIn>[0]): void {
    const file = process.env['CRASH_REPORT']
    if (file !== undefined) writeFileSync(file, JSON.stringify(crashesIn(errors)))
  }
}

import type { Finding } from '../errors.ts'

const FINDINGS_MAX = 1_000

/** The first findings and, where there are more than anybody reads, a last one that says so. */
export function bounded(findings: readonly Finding[]): readonly Finding[] {
  if (findings.length <= FINDINGS_MAX) return findings
  const left = findings.slice(FINDINGS_MAX)
  return [
    ...findings.slice(0, FINDINGS_MAX),
    {
      code: 'more_findings',
      path: '',
      message: `There are ${left.length} more findings; mend these first.`,
      severity: left.some(({ severity }) => severity === 'error') ? 'error' : 'warning',
    },
  ]
}

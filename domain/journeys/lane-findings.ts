import type { Finding } from '../errors.ts'
import type { JourneyParts } from './journey-parts.ts'

/** What does not go with the service lane: another class, and whatever is about competing in the foreground. */
export function laneFindings({
  lane,
  class: messageClass,
  arbitration,
  onPreempt,
  durations,
}: JourneyParts): Finding[] {
  if (lane !== 'service') return []
  const findings: Finding[] = []
  if (messageClass !== null && messageClass !== 'service')
    findings.push({
      code: 'lane_needs_service',
      path: '/lane',
      message: `The service lane is for class "service", and this journey is of class "${messageClass}"; take the lane out, or change the class.`,
      severity: 'error',
    })
  const manual = arbitration?.mode === 'manual' ? arbitration : null
  const superfluous = [
    ...(manual?.lock === undefined ? [] : ['/arbitration/lock']),
    ...(manual?.breaksLocks === undefined ? [] : ['/arbitration/breaksLocks']),
    ...(onPreempt === null ? [] : ['/onPreempt']),
    ...durations.map(({ path }) => path).filter((path) => path === '/staleAfter'),
  ]
  for (const path of superfluous)
    findings.push({
      code: 'contradictory_fields',
      path,
      message: `"${path.split('/').at(-1)}" says how a journey stands against others, and in the service lane it stands against none; take it out, or take "lane" out.`,
      severity: 'error',
    })
  return findings
}

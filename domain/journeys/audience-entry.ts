import type { Finding } from '../errors.ts'
import { instantFromIso } from '../time.ts'
import type { JourneyParts } from './journey-parts.ts'

/** The instant at which an audience enters once, as it was written; null where there is none. */
export const audienceInstant = ({ audience }: Pick<JourneyParts, 'audience'>): string | null =>
  typeof audience?.at === 'string' ? audience.at : null

/** An entry that nobody ever sees. `nowMs`: absent where nobody knows the time. */
export function audienceFindings(parts: JourneyParts, nowMs: number | undefined): Finding[] {
  const at = audienceInstant(parts)
  const atMs = at === null ? null : instantFromIso(at)
  if (atMs === null || nowMs === undefined || atMs > nowMs) return []
  return [
    {
      code: 'entry_has_passed',
      path: '/entry/audience/at',
      message:
        'This instant has passed, so the audience does not enter by itself; name a later one, or begin it by hand.',
      severity: 'warning',
    },
  ]
}

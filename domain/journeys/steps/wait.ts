import { addDuration, nextLocalTime } from '../../time.ts'
import type { WaitStep } from '../journey.ts'
import type { StepHandler } from '../step-handler.ts'

/**
 * Holds the run for a duration, then until the next local time `at`. A wait for a local time alone
 * always ends later than it began, so that a daily loop cannot spin.
 */
export const wait: StepHandler<WaitStep> = {
  enter: (step, { atMs, zone }) => {
    const rawDueAtMs = step.for === undefined ? null : addDuration(atMs, step.for, zone)
    const dueAtMs =
      step.at === undefined
        ? (rawDueAtMs ?? atMs)
        : nextLocalTime(rawDueAtMs ?? atMs + 1, step.at, zone)
    return { type: 'wait', wait: { type: 'until', dueAtMs, rawDueAtMs, at: step.at ?? null } }
  },
  resume: (step) => step.next,
}

import { addDuration } from '../../time.ts'
import type { WaitForStep } from '../journey.ts'
import type { StepHandler } from '../step-handler.ts'

/** Holds the run until a matching `event` happens or `within` has passed, whichever comes first. */
export const waitFor: StepHandler<WaitForStep> = {
  enter: (step, { atMs, zone }) => ({
    type: 'wait',
    wait: { type: 'event', event: step.event, dueAtMs: addDuration(atMs, step.within, zone) },
  }),
  resume: (step, wake) => (wake.type === 'event' ? step.next : step.onTimeout),
  accepts: (step, { holds }) => step.when === undefined || holds(step.when, 'when'),
}
